-- Every answer to a survey and every review, once for each theme that its comment names. The comment stays behind.
with responses as (
    select * from {{ ref('stg_voice__survey_responses') }}
),

reviews as (
    select * from {{ ref('stg_voice__product_reviews') }}
),

themes as (
    select * from {{ ref('feedback_themes') }}
),

identities as (
    select * from {{ ref('int_customer_identities') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

answers as (
    select
        survey_type as feedback_source,
        response_id as answer_id,
        customer_id as record_id,
        score,
        comment,
        responded_at as answered_at
    from responses

    union all

    select
        'review' as feedback_source,
        review_id as answer_id,
        customer_id as record_id,
        rating as score,
        comment,
        reviewed_at as answered_at
    from reviews
),

counted as (
    select
        answers.feedback_source,
        answers.answer_id,
        identities.customer_id,
        answers.score,
        {{ business_day('answers.answered_at') }} as answered_on,
        coalesce({{ folded_words('answers.comment') }}, '') as folded_comment
    from answers
    left join identities on answers.record_id = identities.record_id
    left join customers on identities.customer_id = customers.customer_id
    where not coalesce(customers.is_test, false)
),

judged as (
    select
        *,
        replace(folded_comment, ' ', '') <> '' as is_commented
    from counted
),

-- Each text is read once, however many people wrote it.
comments as (
    select distinct folded_comment
    from judged
    where is_commented
),

named as (
    select distinct
        comments.folded_comment,
        themes.theme
    from comments
    inner join themes
        on replace(comments.folded_comment, {{ folded_words('themes.keyword') }}, '') <> comments.folded_comment
),

themed as (
    select
        judged.feedback_source,
        judged.answer_id,
        judged.customer_id,
        judged.score,
        judged.answered_on,
        judged.is_commented,
        case when judged.is_commented then coalesce(named.theme, 'other') else 'no comment' end as theme
    from judged
    left join named on judged.folded_comment = named.folded_comment

    union all

    select
        feedback_source,
        answer_id,
        customer_id,
        score,
        answered_on,
        is_commented,
        'all' as theme
    from judged
)

select * from themed
