-- What each customer left behind on each day, and what reached the customer; `acts` are of the customer's own will.
{% set slices = {'customer_id': 'int_touched_customers'} %}
{{ config(**replace_slices(slices)) }}
{% set measures = signal_measures() + ['tickets', 'acts'] %}
{% set places = [
    ('sessions', 'visited_on', {
        'visits': 'sessions', 'timed_visits': 'timed_sessions', 'visit_seconds': 'seconds', 'acts': 'sessions',
    }),
    ('messages', 'delivered_on', {
        'emails_delivered': 'case when is_delivered then 1 else 0 end',
        'emails_opened_at_all': 'case when is_opened then 1 else 0 end',
        'emails_opened': 'case when is_opened_by_person then 1 else 0 end',
        'emails_clicked': 'case when is_clicked then 1 else 0 end',
        'unsubscribes': 'case when is_unsubscribed then 1 else 0 end',
    }),
    ('openings', 'opened_on', {'acts': '1'}),
    ('clicks', 'clicked_on', {'acts': '1'}),
    ('interactions', 'interacted_on', {
        'social_interactions': '1',
        'community_interactions': 'case when is_community then 1 else 0 end',
        'rated_interactions': 'case when sentiment is not null then 1 else 0 end',
        'sentiment': 'coalesce(sentiment, 0)',
        'acts': '1',
    }),
    ('tickets', 'opened_on', {'tickets': '1', 'acts': 'case when is_proactive then 0 else 1 end'}),
    ('answers', 'responded_on', {'acts': '1'}),
] %}
with sessions as (
    select * from {{ ref('fct_sessions') }}
    where not is_test
    {{ only(slices, word='and') }}
),

messages as (
    select * from {{ ref('fct_email_messages') }}
    where delivered_on is not null and not is_test
    {{ only(slices, word='and') }}
),

-- Messages again for each of their days: from one CTE DuckDB feeds all branches of the union at once, and what they add
-- up then cannot be written to disk (docs/decisions/0023-speed-at-a-million-customers.md).
openings as (
    select * from {{ ref('fct_email_messages') }}
    where opened_on is not null and not is_test
    {{ only(slices, word='and') }}
),

clicks as (
    select * from {{ ref('fct_email_messages') }}
    where clicked_on is not null and not is_test
    {{ only(slices, word='and') }}
),

interactions as (
    select * from {{ ref('int_social_interactions') }}
    where customer_id is not null and not is_test
    {{ only(slices, word='and') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
    where customer_id is not null and not is_test
    {{ only(slices, word='and') }}
),

answers as (
    select * from {{ ref('fct_survey_responses') }}
    where not is_test
    {{ only(slices, word='and') }}
),

signals as (
    {% for relation, day, filled in places %}
    select
        customer_id,
        {{ day }} as happened_on,
        {% for measure in measures %}
        cast({{ filled.get(measure, 0) }} as {{ signal_type(measure) }}) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ relation }}
    where {{ day }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

days as (
    select
        customer_id,
        happened_on,
        {% for measure in measures %}
        cast(sum({{ measure }}) as {{ signal_type(measure) }}) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from signals
    group by customer_id, happened_on
)

select * from days
