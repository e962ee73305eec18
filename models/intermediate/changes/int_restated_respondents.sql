-- Customers whose survey windows are worked out anew: restated ones, and those of whom an invitation or an answer
-- entered or left the windows that end with the as-of date, because that date moved on.
with restated as (
    select * from {{ ref('int_resegmented_customers') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

invitations as (
    select * from {{ ref('stg_voice__survey_invitations') }}
),

responses as (
    select * from {{ ref('stg_voice__survey_responses') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

earlier as (
    select * from {{ as_last_built('int_as_of') }}
),

moved as (
    select
        earlier.as_of_date as entered_from_on,
        as_of.as_of_date as entered_until_on,
        {{ add_days('earlier.as_of_date', -90) }} as left_from_on,
        {{ add_days('as_of.as_of_date', -90) }} as left_until_on
    from as_of
    cross join earlier
    where earlier.as_of_date < as_of.as_of_date
),

voices as (
    select
        customer_id,
        {{ business_day('sent_at') }} as happened_on
    from invitations

    union all

    select
        customer_id,
        {{ business_day('responded_at') }} as happened_on
    from responses
),

respondents as (
    select customer_id from restated

    union

    select identities.customer_id
    from voices
    inner join moved
        on
            (voices.happened_on >= moved.entered_from_on and voices.happened_on < moved.entered_until_on)
            or (voices.happened_on >= moved.left_from_on and voices.happened_on < moved.left_until_on)
    inner join identities on voices.customer_id = identities.record_id
)

select * from respondents
