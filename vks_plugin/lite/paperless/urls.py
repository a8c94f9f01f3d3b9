"""The host's addresses, as far as they are stood in for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.generic import RedirectView
from documents.views import IndexView, PostDocumentView, SearchAutoCompleteView, UnifiedSearchViewSet
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from paperless.views import _LoginView, _LogoutView
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.routers import DefaultRouter

api_router = DefaultRouter()
api_router.register(r"documents", UnifiedSearchViewSet)

_api = [
    re_path("^search/autocomplete/", SearchAutoCompleteView.as_view(), name="autocomplete"),
    re_path("^documents/post_document/", PostDocumentView.as_view(), name="post_document"),
    path("token/", ObtainAuthToken.as_view()),
    re_path("^schema/$", SpectacularAPIView.as_view(), name="schema"),
    re_path("^schema/view/", SpectacularSwaggerView.as_view(), name="swagger-ui"),
    re_path("^$", RedirectView.as_view(url="schema/view/")),
    *api_router.urls,
]

urlpatterns = [
    re_path(r"^api/", include(_api)),
    path("accounts/login/", _LoginView.as_view(), name="account_login"),
    path("accounts/logout/", _LogoutView.as_view(), name="account_logout"),
    # last, as in the host: it answers every other address
    re_path(r".*", login_required(ensure_csrf_cookie(IndexView.as_view())), name="base"),
]

websocket_urlpatterns: list[Any] = []
