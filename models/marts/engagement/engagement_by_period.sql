with totals as (
    select * from {{ ref('int_engagement_totals') }}
),

session_totals as (
    select * from {{ ref('int_session_totals') }}
),

counted as (
    select
        totals.*,
        session_totals.median_session_seconds
    from totals
    left join session_totals
        on
            {{ same_segment_period('totals', 'session_totals') }}
),

rated as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,

        -- counts
        customers,
        emails_delivered,
        emailed_customers,
        emails_opened_at_all as opened_emails,
        emails_opened as person_opened_emails,
        emails_clicked as clicked_emails,
        unsubscribes,
        visits as sessions,
        timed_visits as timed_sessions,
        {{ seconds_as(60, 'visit_seconds') }} as session_minutes,
        visitors,
        visiting_customers,
        social_interactions,
        community_interactions,
        rated_interactions,
        interacting_customers,
        customer_interactions,

        -- rates
        {{ segment_rate('emails_opened_at_all', 'emails_delivered', 'emailed_customers') }} as open_rate,
        {{ segment_rate('emails_opened', 'emails_delivered', 'emailed_customers') }} as person_open_rate,
        {{ segment_rate('emails_clicked', 'emails_delivered', 'emailed_customers') }} as click_rate,
        {{ segment_rate('emails_clicked', 'emails_opened', 'emails_opened') }} as click_to_open_rate,
        {{ segment_rate('visits', 'visitors', 'visitors') }} as sessions_per_visitor,
        case when has_visits_told then {{ segment_rate('visiting_customers', 'customers', 'customers') }} end
            as visit_rate,
        {{ segment_rate('visit_seconds', '60 * timed_visits', 'timed_visits') }} as mean_session_minutes,
        {{ segment_rate('median_session_seconds', 60, 'timed_visits') }} as median_session_minutes,
        case when has_interactions_told then {{ segment_rate('customer_interactions', 'customers', 'customers') }} end
            as interactions_per_customer,
        {{ segment_rate('sentiment', 'rated_interactions', 'rated_interactions') }} as mean_sentiment
    from counted
)

select * from rated
