-- Promotions that end otherwise than at the last build, or were not there then, or are none any more.
with now as (
    select * from {{ ref('stg_shop__promotions') }}
),

earlier as (
    select * from {{ as_last_built('stg_shop__promotions') }}
),

{{ differences(['promotion_id', 'ends_at']) }}

select * from differences
