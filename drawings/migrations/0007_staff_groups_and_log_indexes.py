"""The groups of staff, and indexes for the admin's log.

The groups are made once: afterwards they are the host's to change, rename and delete. Databases of
earlier releases have them already, and the indexes too.
"""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

# Each group has the fewest permissions that its work takes.
CURATORS = ("view_drawing", "curate_drawing", "view_report", "change_report")
GROUPS = {
    "Curators": CURATORS,
    "Editors": (
        *CURATORS,
        "change_drawing",
        "delete_drawing",
        *(
            f"{verb}_{model}"
            for model in ("blockedword", "blockedsender")
            for verb in ("view", "add", "change", "delete")
        ),
    ),
    "Data": (
        "view_drawing",
        "export_drawing",
        *(f"{verb}_apitoken" for verb in ("view", "add", "delete")),
    ),
}
# The log has an entry for every decision. Django has no index to find those about one drawing, or
# the newest of one user.
INDEXES = {
    "drawing_history": "(object_id, action_time)",
    "user_history": "(user_id, action_time)",
}


def create_groups(apps, schema_editor):
    """Create the groups with the permissions, unless the permissions are there already: then the
    groups have been created before, and a missing one was renamed or deleted."""
    using = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    permissions = permissions.filter(content_type__app_label="drawings")
    if permissions.filter(codename="curate_drawing").exists():
        return
    # Django creates permissions after the last migration, which is too late for this one.
    drawings = installed_apps.get_app_config("drawings")
    create_permissions(drawings, verbosity=0, using=using, apps=apps)
    groups = apps.get_model("auth", "Group").objects.using(using)
    for name, codenames in GROUPS.items():
        group, is_new = groups.get_or_create(name=name)
        if is_new:
            group.permissions.set(permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):

    dependencies = [
        ("drawings", "0006_token_scopes"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        *(
            migrations.RunSQL(
                f"CREATE INDEX IF NOT EXISTS {name} ON django_admin_log {columns}",
                f"DROP INDEX IF EXISTS {name}",
            )
            for name, columns in INDEXES.items()
        ),
        migrations.RunPython(create_groups, migrations.RunPython.noop),
    ]
