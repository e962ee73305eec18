-- Ids are compared exactly: 'C1' and 'c1 ' are two. Where two differ by case or blanks alone, somebody should look.
{{ config(severity='warn', store_failures=true, schema='quarantine', alias='ids_written_differently') }}
with ids as (
    {% for raw_table, id, known in [
        ('crm_customers', 'customer_id', ref('int_known_customers')),
        ('shop_orders', 'order_id', ref('int_known_orders')),
        ('voice_survey_invitations', 'invitation_id', ref('int_known_invitations')),
        ('shop_products', 'product_id', ref('stg_shop__products')),
        ('billing_plans', 'plan_id', ref('stg_billing__plans')),
    ] %}
    select
        '{{ raw_table }}' as raw_table,
        {{ id }} as id,
        {{ folded(id) }} as folded_id
    from {{ known }}
    -- No two differ by that alone where none holds a small letter or a blank, or none a large one or a blank.
    where
        (select max(case when {{ matches(id, '[^!-Z_]') }} then 1 else 0 end) from {{ known }}) = 1
        and (select max(case when {{ matches(id, '[^!-@_a-z]') }} then 1 else 0 end) from {{ known }}) = 1
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        raw_table,
        folded_id,
        count(*) as spellings
    from ids
    group by raw_table, folded_id
    having count(*) > 1
)

select ids.*
from ids
inner join counted on ids.raw_table = counted.raw_table and ids.folded_id = counted.folded_id
