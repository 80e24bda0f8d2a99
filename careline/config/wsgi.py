"""The pages as a WSGI application; careline.config.asgi puts the live feed beside it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careline.config.settings")
application = get_wsgi_application()
