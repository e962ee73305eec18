-- Tickets, visits, e-mails and interactions counted where they enter and in each grain of the marts.
{% set grains = var('period_grains') %}
with entered as (
    select
        'tickets' as book,
        (
            select count(*) from {{ ref('stg_support__tickets') }}
            where {{ business_day('opened_at') }} < (select as_of.as_of_date from {{ ref('int_as_of') }} as as_of)
        ) as staged,
        (select count(*) from {{ ref('fct_tickets') }}) as in_fact,
        (
            select count(*) from {{ ref('fct_tickets') }}
            where not is_test
        ) as counted

    union all

    select
        'sessions' as book,
        (
            select count(*) from {{ ref('stg_engagement__web_sessions') }}
            where
                customer_id is not null
                and {{ business_day('started_at') }} < (select as_of.as_of_date from {{ ref('int_as_of') }} as as_of)
        ) as staged,
        (select sum(sessions) from {{ ref('fct_sessions') }}) as in_fact,
        (
            select sum(sessions) from {{ ref('fct_sessions') }}
            where not is_test
        ) as counted

    union all

    select
        'delivered e-mails' as book,
        (
            select count(*) from {{ ref('stg_engagement__email_events') }}
            where {{ business_day('occurred_at') }} < (select as_of.as_of_date from {{ ref('int_as_of') }} as as_of)
        ) as staged,
        (select count(*) from {{ ref('int_email_events') }}) as in_fact,
        (
            select count(*) from {{ ref('fct_email_messages') }}
            where is_delivered and not is_test
        ) as counted

    union all

    select
        'interactions' as book,
        (
            select count(*) from {{ ref('stg_engagement__social_interactions') }}
            where {{ business_day('occurred_at') }} < (select as_of.as_of_date from {{ ref('int_as_of') }} as as_of)
        ) as staged,
        (select count(*) from {{ ref('int_social_interactions') }}) as in_fact,
        (
            select count(*) from {{ ref('int_social_interactions') }}
            where not is_test
        ) as counted
),

arrived as (
    {% for book, mart, amount, condition in [
        ('tickets', 'service_by_period', 'tickets', "channel = 'all'"),
        ('tickets', 'service_by_period', 'tickets', "channel <> 'all'"),
        ('sessions', 'engagement_by_period', 'sessions', 'true'),
        ('delivered e-mails', 'engagement_by_period', 'emails_delivered', 'true'),
        ('interactions', 'engagement_by_period', 'social_interactions', 'true'),
    ] %}
    {% for grain in grains %}
    select
        '{{ book }}' as book,
        '{{ grain }}' as place,
        (
            select sum({{ amount }}) from {{ ref(mart) }}
            where segment_name = 'all' and period_grain = '{{ grain }}' and {{ condition }}
        ) as counted
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    entered.*,
    arrived.place,
    arrived.counted as arrived
from entered
inner join arrived on entered.book = arrived.book
where
    coalesce(entered.staged, 0) <> coalesce(entered.in_fact, 0)
    or coalesce(entered.counted, 0) <> coalesce(arrived.counted, 0)
