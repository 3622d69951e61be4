from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_email'),
    ]

    operations = [
        migrations.AddField(
            model_name='email',
            name='handed_over_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='email',
            name='failure',
            field=models.CharField(blank=True, choices=[('configuration', 'Mail is not set up'), ('recipient', 'The recipient was refused'), ('sending', 'Sending failed'), ('unconfirmed', 'Perhaps sent')], default='', max_length=14),
        ),
    ]
