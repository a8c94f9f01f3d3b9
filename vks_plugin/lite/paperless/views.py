"""What the host's API has in common."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from rest_framework.pagination import PageNumberPagination


class StandardPagination(PageNumberPagination):
    """Twenty-five rows a page, unless asked otherwise."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100000


class _LoginForm(AuthenticationForm):
    def add_prefix(self, field_name: str) -> str:
        # the name of the field in the host's own form, which scripts fill in
        return super().add_prefix("login" if field_name == "username" else field_name)


class _LoginView(LoginView):
    template_name = "account/login.html"
    authentication_form = _LoginForm


class _LogoutView(LogoutView):
    # the host logs out on a plain link too
    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.post(request, *args, **kwargs)
