"""Settings: everything an operator may change comes from the environment, with a default that works."""

from __future__ import annotations

from pathlib import Path

from careline.config.environment import database, flag, secret_key, value

PACKAGE = Path(__file__).parents[1]
VAR = Path(value("CARELINE_VAR", "var")).resolve()
VAR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = secret_key(VAR)
DEBUG = flag("CARELINE_DEBUG", default=False)
DEVELOPMENT = flag("CARELINE_DEVELOPMENT", default=DEBUG)
PORT = int(value("PORT", "8000"))
BASE_URL = value("CARELINE_URL", f"http://localhost:{PORT}")
ALLOWED_HOSTS = value("CARELINE_HOSTS", "*").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in value("CARELINE_ORIGINS", "").split(",") if o]

DOMAINS = [
    "core",
    "customers",
    "people",
    "knowledge",
    "policies",
    "business",
    "tickets",
    "channels",
    "sla",
    "routing",
    "workforce",
    "quality",
    "surveys",
    "insights",
    "assist",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    *[f"careline.{name}" for name in DOMAINS],
    "careline.web",
    "careline.config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "careline.web.account.devices.DevicesMiddleware",
    "careline.web.viewer.ViewerMiddleware",
    "careline.web.start.gate.FirstRunMiddleware",
]
ROOT_URLCONF = "careline.config.urls"
WSGI_APPLICATION = "careline.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],  # before those of allauth
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "careline.web.nav.context",
            ],
        },
    }
]

DATABASES = {"default": database(VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"login": "careline.web.account.sign_in.SignInForm"}
ACCOUNT_ADAPTER = "careline.web.account.adapter.Adapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # people join by invitation, which proves the address
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,30/m/ip", "login": "60/m/ip", "reset_password": "20/m/ip"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody makes us write to strangers
ACCOUNT_EMAIL_NOTIFICATIONS = True  # people hear of every change to how they sign in
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
MFA_ADAPTER = "careline.web.account.adapter.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Careline"
# Passkeys over plain http are for localhost alone; browsers refuse them elsewhere.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = BASE_URL.startswith("http://localhost")
USERSESSIONS_TRACK_ACTIVITY = True

# Rate limits need a cache that all processes share; the database is always there.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": value("REDIS_URL", "")}
        if value("REDIS_URL", "")
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}
    )
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_COOKIES = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
if value("CARELINE_BEHIND_PROXY", ""):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "careline.web.errors.views.csrf_failed"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["careline.config.formats"]

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # stays empty; WhiteNoise warns when it is missing
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
# Served straight from the package: a second start copies nothing.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEVELOPMENT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "careline.web.assets.Storage"},
}
FILES_ROOT = VAR / "files"
MAX_BODY = int(value("CARELINE_MAX_BODY", "50000000"))
PAGE_THREADS = int(value("CARELINE_THREADS", "4"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_TEMP_DIR = None

TASKS = {
    "default": {
        "BACKEND": value("CARELINE_TASKS", "careline.core.tasks.DurableDatabaseBackend"),
        "QUEUES": ["default", "mail", "slow"],
    }
}

# What builds the demo operation in the background; see core.actions.operation.start_demo.
CARELINE_DEMO_TASK = "careline.config.demo.write.build_in_background"

# Mail that Careline itself sends (invitations, password resets) goes out through the outbox.
EMAIL_BACKEND = "careline.channels.system_mail.OutboxBackend"
DEFAULT_FROM_EMAIL = value("CARELINE_FROM", "careline@localhost")

# Mail that is delivered to us; 0 means nobody listens. Only for our own addresses, and on this machine alone
# unless CARELINE_MAIL_HOST says otherwise.
MAIL_HOST = value("CARELINE_MAIL_HOST", "127.0.0.1")
SMTP_PORT = int(value("CARELINE_SMTP_PORT", "0"))
LMTP_PORT = int(value("CARELINE_LMTP_PORT", "0"))
LARGEST_MAIL = int(value("CARELINE_LARGEST_MAIL", "35000000"))  # bytes that are read in full

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": value("CARELINE_LOG_LEVEL", "WARNING")},
}
