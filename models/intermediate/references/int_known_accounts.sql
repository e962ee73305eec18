-- Loyalty account ids that ledger entries and tier changes may point to.
{% set slices = {'account_id': 'int_touched_accounts'} %}
{{ config(**replace_slices(slices)) }}
with accounts as (
    select * from {{ ref('base_loyalty__accounts') }}
    {{ only(slices) }}
),

{{ known_ids('account_id', from='accounts') }}

select * from known
