"""Keep out the users whom hosts had locked out by unticking "Staff status".

From now on, permissions alone let users into the admin, and "Active" alone keeps them out.
"""

from django.db import migrations
from django.db.models import Q

# Superusers have every permission. They too were locked out without the status.
HAVE_PERMISSIONS = Q(groups__isnull=False) | Q(user_permissions__isnull=False) | Q(is_superuser=True)


def users_with_permissions(apps, schema_editor):
    users = apps.get_model("auth", "User").objects.using(schema_editor.connection.alias)
    return users.filter(pk__in=users.filter(HAVE_PERMISSIONS).values("pk"))


def deactivate(apps, schema_editor):
    users_with_permissions(apps, schema_editor).filter(is_staff=False).update(is_active=False)


def restore_staff_status(apps, schema_editor):
    """Let active users into the admin of an earlier checkout. The others stay locked out."""
    users_with_permissions(apps, schema_editor).filter(is_active=True).update(is_staff=True)


class Migration(migrations.Migration):

    dependencies = [("drawings", "0007_staff_groups_and_log_indexes")]

    operations = [migrations.RunPython(deactivate, restore_staff_status)]
