-- Products whose cost is another than at the last build, with the currency that it is, or was, stated in.
with now as (
    select * from {{ ref('stg_shop__products') }}
),

earlier as (
    select * from {{ as_last_built('stg_shop__products') }}
),

{{ differences(['product_id', 'unit_cost', 'currency']) }}

select * from differences
