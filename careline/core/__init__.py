"""Identity, roles, the event log, files, conditions and background work: the ground every domain stands on.

Events: user.invited, user.uninvited, user.joined, user.changed, user.deactivated, user.reactivated,
user.signed_in, role.created, role.renamed, role.changed, role.removed, team.created, team.changed,
setting.changed, brand.changed, job.retried, job.discarded, operation.started.
"""
