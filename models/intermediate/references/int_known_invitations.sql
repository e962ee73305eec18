-- Invitation ids that survey responses may point to.
{% set slices = {'invitation_id': 'int_touched_invitations'} %}
{{ config(**replace_slices(slices)) }}
with invitations as (
    select * from {{ ref('base_voice__survey_invitations') }}
    {{ only(slices) }}
),

{{ known_ids('invitation_id', from='invitations') }}

select * from known
