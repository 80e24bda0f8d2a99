from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0002_outgoing_stage"),
    ]

    operations = [
        migrations.AddField(
            model_name="rawmail",
            name="released",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="rawmail",
            name="size",
            field=models.BigIntegerField(default=0),
        ),
    ]
