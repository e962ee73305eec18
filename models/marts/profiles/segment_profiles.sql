{% set of_customers = ['net_revenue', 'net_margin', 'orders', 'visits', 'points_redeemed'] %}
with totals as (
    select * from {{ ref('int_profile_totals') }}
),

interests as (
    select * from {{ ref('int_interest_totals') }}
),

{% set columns = ['customer_group', 'period_grain', 'period_start', 'period_end', 'is_complete', 'segment_name',
    'segment_value', 'customers'] + profile_measures() | list %}
profiles as (
    {% for relation in ['totals', 'interests'] %}
    select {{ columns | join(', ') }}
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

groups as (
    select
        customer_group,
        period_grain,
        period_start,
        customers as group_customers
    from totals
    where segment_name = 'all'
),

rated as (
    select
        -- period and segment
        profiles.period_grain,
        profiles.period_start,
        profiles.period_end,
        profiles.is_complete,
        profiles.segment_name,
        profiles.segment_value,
        profiles.customer_group,

        -- counts
        profiles.customers,
        groups.group_customers,
        {% for measure, type in profile_measures().items() %}
        profiles.{{ measure }},
        {% endfor %}

        -- rates
        {{ ratio('profiles.customers', 'groups.group_customers') }} as share_of_customers,
        {% for measure in of_customers %}
        {{ segment_rate('profiles.' ~ measure, 'profiles.customers', 'profiles.customers') }}
            as {{ measure }}_per_customer,
        {% endfor %}
        {{ segment_rate('profiles.net_order_value', 'profiles.orders', 'profiles.customers') }} as average_order_value,
        {{ segment_rate('profiles.promo_orders', 'profiles.orders', 'profiles.customers') }} as promo_order_rate,
        {{ segment_rate('profiles.discount_amount', 'profiles.gross_amount', 'profiles.customers') }} as discount_rate,
        {{ segment_rate('profiles.emails_opened', 'profiles.emails_delivered', 'profiles.customers') }}
            as person_open_rate,
        {{ segment_rate('profiles.emails_clicked', 'profiles.emails_delivered', 'profiles.customers') }} as click_rate
    from profiles
    inner join groups
        on
            profiles.customer_group = groups.customer_group
            and profiles.period_grain = groups.period_grain
            and profiles.period_start = groups.period_start
)

select * from rated
