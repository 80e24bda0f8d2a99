"""Addresses of the setup pages."""

from django.urls import path

from careline.web.setup.views import audit, health, operation, roles, teams, users

app_name = "setup"
urlpatterns = [
    path("users/", users.people, name="users"),
    path("users/invite/", users.invite, name="user_invite"),
    path("users/<int:pk>/", users.user_page, name="user"),
    path("users/<int:pk>/resend/", users.resend, name="user_resend"),
    path("users/<int:pk>/revoke/", users.revoke, name="user_revoke"),
    path("users/<int:pk>/deactivate/", users.deactivate, name="user_deactivate"),
    path("users/<int:pk>/reactivate/", users.reactivate, name="user_reactivate"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<int:pk>/", teams.team_page, name="team"),
    path("teams/<int:pk>/people/", teams.team_people, name="team_people"),
    path("teams/<int:pk>/archive/", teams.archive, name="team_archive"),
    path("teams/<int:pk>/restore/", teams.restore, name="team_restore"),
    path("roles/", roles.roles, name="roles"),
    path("roles/undo/<int:event_id>/", roles.undo, name="role_undo"),
    path("roles/<int:pk>/grant/", roles.grant, name="role_grant"),
    path("roles/<int:pk>/rename/", roles.rename, name="role_rename"),
    path("roles/<int:pk>/remove/", roles.remove, name="role_remove"),
    path("operation/", operation.operation, name="operation"),
    path("operation/brand/", operation.brand, name="brand"),
    path("audit/", audit.audit, name="audit"),
    path("health/", health.health, name="health"),
    path("health/retry/", health.retry_all, name="job_retry_all"),
    path("health/<int:pk>/retry/", health.retry, name="job_retry"),
    path("health/<int:pk>/discard/", health.discard, name="job_discard"),
]
