with totals as (
    select * from {{ ref('int_nps_totals') }}
),

counted as (
    select
        *,
        promoters + passives + detractors as responses
    from totals
),

shared as (
    select
        *,
        {{ segment_rate('promoters', 'responses', 'responses') }} as promoter_rate,
        {{ segment_rate('detractors', 'responses', 'responses') }} as detractor_rate,
        {{ segment_rate('100 * (promoters - detractors)', 'responses', 'responses') }} as nps,
        {{ segment_rate('responses', 'invitations', 'responses') }} as response_rate
    from counted
),

spreads as (
    select
        *,
        promoter_rate + detractor_rate
        - (promoter_rate - detractor_rate) * (promoter_rate - detractor_rate) as spread
    from shared
),

scored as (
    select
        *,
        100 * sqrt({{ ratio('spread', 'responses') }}) as standard_error
    from spreads
),

compared as (
    select
        scored.*,
        scored.nps - earlier.nps as nps_change,
        sqrt(scored.standard_error * scored.standard_error + earlier.standard_error * earlier.standard_error)
            as change_error
    from scored
    left join scored as earlier
        on
            scored.period_start = earlier.period_end
            and scored.period_grain = earlier.period_grain
            and scored.window_name = earlier.window_name
            and scored.segment_name = earlier.segment_name
            and scored.segment_value = earlier.segment_value
),

limited as (
    select
        -- period and segment
        period_grain,
        period_start,
        period_end,
        is_complete,
        segment_name,
        segment_value,
        window_name,

        -- counts
        responses,
        promoters,
        passives,
        detractors,
        invitations,

        -- rates
        nps,
        standard_error,
        nps - 1.96 * standard_error as lower_95,
        nps + 1.96 * standard_error as upper_95,
        nps_change,
        -- two-sample z test at 5 %; two scores without any spread differ as soon as they are not equal
        case when nps_change is not null then abs(nps_change) > 1.96 * change_error end as is_significant_change,
        response_rate
    from compared
)

select * from limited
