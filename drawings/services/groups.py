"""The groups of staff, each with the least rights that its work takes.

They are made with the permissions that they are of, once: from then on they are the host's to
change, rename and delete.
"""

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction

CURATORS = ("view_drawing", "curate_drawing", "view_report", "change_report")
RIGHTS = {
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


def install(using: str) -> None:
    permissions = Permission.objects.using(using).filter(content_type__app_label="drawings")
    if permissions.filter(codename="curate_drawing").exists():
        return
    with transaction.atomic(using=using):
        # Django makes them after the migration as well, but no sooner than this.
        create_permissions(apps.get_app_config("drawings"), verbosity=0, using=using)
        for name, codenames in RIGHTS.items():
            group, is_new = Group.objects.using(using).get_or_create(name=name)
            if is_new:
                group.permissions.set(permissions.filter(codename__in=codenames))
