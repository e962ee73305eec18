-- Every landed row is staged, quarantined, superseded, deleted or erased, and in one of these places only.
select * from {{ ref('data_quality') }}
where not is_balanced
