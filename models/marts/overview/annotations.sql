with annotations as (
    select * from {{ ref('chart_annotations') }}
),

noted as (
    select
        cast(noted_on as date) as noted_on,
        metric_name,
        note
    from annotations
)

select * from noted
