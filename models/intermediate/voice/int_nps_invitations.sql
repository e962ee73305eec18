-- NPS invitations sent in each window, with the attributes as of the period's start.
with invitations as (
    select * from {{ ref('stg_voice__survey_invitations') }}
    where survey_type = 'nps'
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where not is_test
),

windows as (
    select * from {{ ref('int_survey_windows') }}
),

versions as (
    select * from {{ ref('int_customer_versions') }}
),

sent as (
    select
        customers.customer_id,
        {{ business_day('invitations.sent_at') }} as sent_on
    from invitations
    inner join identities on invitations.customer_id = identities.record_id
    inner join customers on identities.customer_id = customers.customer_id
),

in_windows as (
    select
        windows.window_name,
        windows.period_grain,
        windows.period_start,
        windows.period_end,
        windows.is_complete,
        {{ attributes_as_of('versions', 'windows.period_start') }}
    from sent
    inner join windows on sent.sent_on >= windows.window_start and sent.sent_on < windows.seen_until
    inner join versions
        on
            {{ in_force('versions', 'sent.customer_id', 'windows.period_start') }}
)

select * from in_windows
