"""What every view of our API has in common: who may ask, how a list is paged, what a refusal looks like.

Nothing here is written into Django REST framework's settings, which belong to the host.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from django.contrib.auth.models import User
from django.http import FileResponse, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import exceptions, serializers
from rest_framework.filters import OrderingFilter
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler
from rest_framework.viewsets import GenericViewSet

from vks_plugin.errors import BadInput, NotFound, TooLarge, VksError
from vks_plugin.host.rest import StandardPagination, leave_uncompressed
from vks_plugin.language import language_of, speak
from vks_plugin.organization.queries import answering, display_name
from vks_plugin.papers import FORMATS
from vks_plugin.text import NUL, composed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from rest_framework.parsers import BaseParser
    from rest_framework.request import Request

CODE = r"[\w.\-]{1,60}"
"""A case, unit or document type code in an address."""
NUMBER = r"[0-9]{1,9}"
"""A row number in an address; longer ones exist in no table of the host."""
UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
LARGEST_NUMBER = 2**31 - 1
"""The largest number a column of the host's databases holds."""
MOST_JSON = 2 * 1024 * 1024
"""Bytes of a request in JSON; Django's own limit does not reach what is read as a stream."""


@extend_schema_serializer(
    component_name="VksRefusal",
    examples=[
        OpenApiExample(
            "A folio claimed twice",
            value={
                "detail": "Bút lục 3 đã thuộc tài liệu “Biên bản hỏi cung”: hãy kiểm tra lại số bút lục.",
                "field": "folio_from",
            },
        )
    ],
)
class RefusalSerializer(serializers.Serializer[Any]):
    """A refusal: nothing of the request was done."""

    detail = serializers.CharField(help_text="The sentence shown to a person, in the language of the request.")
    field = serializers.CharField(
        required=False, help_text="The field of the request the sentence belongs to, when there is one."
    )
    blocked_by = serializers.IntegerField(
        required=False,
        help_text="Number of what stands in the way, of the kind that was to be made, where the asker may see it.",
    )


class ComposedField(serializers.CharField):
    """Vietnamese text, composed (NFC) before its length is counted."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text as it is stored."""
        return composed(super().to_internal_value(data))


class InputSerializer(serializers.Serializer[Any]):
    """What a request says. A name that nobody reads is refused: a slip would pass for a change that was made."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the values, checked for their form."""
        if isinstance(data, Mapping):
            form = isinstance(data, QueryDict)
            for name in data:
                # rows of a list are named so in a form: `accused[0]full_name`
                known = str(name).partition("[")[0] if form else name
                if known not in self.fields:
                    shown = printable(str(name))
                    sentence = _("Không nhận trường “%(field)s” ở đây: hãy kiểm tra lại tên trường.")
                    raise serializers.ValidationError({shown: [sentence % {"field": shown}]})
        return super().to_internal_value(data)


def printable(text: str, longest: int = 60) -> str:
    """Return a text of a request as it may stand in a sentence, however hostile it is."""
    return composed(text[:longest]).encode("utf-8", "replace").decode()


SVG = "image/svg+xml; charset=utf-8"


def inert(response: HttpResponse) -> HttpResponse:
    """Let a browser run nothing in what is only to be looked at."""
    response["Content-Security-Policy"] = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


class PersonSerializer(serializers.Serializer[User]):
    """An account and the name of its holder."""

    username = serializers.CharField(help_text="Account in the host.")
    name = serializers.SerializerMethodField(help_text="Family name first, given name last.")

    def get_name(self, user: User) -> str:
        """Return the name as it is written here."""
        return display_name(user)


def refusals(*statuses: int) -> dict[int, OpenApiResponse]:
    """Return the schema of these refusals, for `extend_schema(responses=...)`."""
    meaning = {
        400: "What was entered or uploaded cannot be used; the sentence says what to do.",
        403: "The asker may know of it but may not do this.",
        404: "There is none, or none that the asker may know of; both answers are the same.",
        409: "It clashes with what is recorded already.",
        413: "More than the configured limit.",
        503: "The task queue or the access log cannot be reached; nothing was kept or handed out.",
    }
    return {status: OpenApiResponse(RefusalSerializer, description=meaning[status]) for status in statuses}


def _first(detail: Any, field: str = "") -> tuple[str, str]:
    """Return the first sentence in the nested details of a validation error, and the field it is about.

    Of a list of rows the sentence names the row; the field is that of the list.
    """
    if isinstance(detail, dict):
        for key, value in detail.items():
            sentence, inner = _first(value, str(key))
            if sentence:
                # rows are told by their numbers, or all of them in a list: a setting of the host's
                return (in_row(key + 1, sentence) if _is_row(key, value) else sentence), field or inner
        return "", field
    if isinstance(detail, list):
        for number, each in enumerate(detail, 1):
            sentence, inner = _first(each, field)
            if sentence:
                return (in_row(number, sentence) if _is_row(number, each) else sentence), inner
        return "", field
    # what was sent may be quoted in it, half a character too, which no answer can hold
    return str(detail).encode(errors="replace").decode(), field


def _is_row(key: object, detail: Any) -> bool:
    """Tell whether details are about one row of several, each with fields of its own."""
    return isinstance(key, int) and isinstance(detail, dict)


def in_row(number: int, sentence: str) -> str:
    """Return a sentence about one row of several, counted from 1."""
    return _("Dòng %(row)d: %(sentence)s") % {"row": number, "sentence": sentence}


def answer_refusal(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error into an answer; every refusal carries its sentence as `detail`."""
    if isinstance(error, VksError):
        refused: dict[str, Any] = {"detail": error.message}
        if error.field:
            refused["field"] = error.field
        if error.blocked_by is not None:
            refused["blocked_by"] = error.blocked_by
        return Response(refused, status=error.status)
    if isinstance(error, exceptions.ValidationError):
        sentence, field = _first(error.detail)
        body = {"detail": sentence}
        if field and field != "non_field_errors":
            body["field"] = field
        return Response(body, status=error.status_code)
    if isinstance(error, exceptions.APIException):
        return exception_handler(error, context)
    answer = exception_handler(error, context)
    if answer is not None and answer.status_code == 404:
        # the sentence names the model in English otherwise
        answer.data = {"detail": _("Không tìm thấy.")}
    return answer


class PlainJSONParser(JSONParser):
    """JSON of a sensible size and depth."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what the request says.

        Raises:
            TooLarge: it is larger than any form of ours.
            BadInput: it is not JSON.
        """
        content = stream.read(MOST_JSON + 1)
        if len(content) > MOST_JSON:
            raise TooLarge(_("Yêu cầu quá lớn: hãy chia nhỏ rồi gửi lại."))
        try:
            return json.loads(content.decode("utf-8"), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise BadInput(_("Nội dung gửi lên không phải là JSON hợp lệ: hãy kiểm tra lại.")) from error


def _no_number(name: str) -> NoReturn:
    """Refuse `NaN` and its like, which are no JSON."""
    raise ValueError(name)


class FormatIsOurs(DefaultContentNegotiation):
    """Answers in JSON whatever `?format=` says, which here names the format of the file."""

    def select_renderer(
        self, _request: Request, renderers: Any, _format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the first one."""
        return renderers[0], renderers[0].media_type


FORMAT = OpenApiParameter("format", str, enum=tuple(FORMATS), description="`pdf` when left out.")
"""In which format a paper is wanted, for the schema."""


def files(*names: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the schema of an answer that is a paper, for `extend_schema(responses=...)`.

    Args:
        names: of `papers.FORMATS`; all of them when none is named.
    """
    chosen = [FORMATS[name].content_type for name in names or FORMATS]
    return {
        (200, each): OpenApiResponse(OpenApiTypes.BINARY, description="The paper, in Vietnamese.") for each in chosen
    }


def day_asked(request: Request, name: str, usual: dt.date) -> dt.date:
    """Return the day a parameter of the address names; `usual` where it names none.

    Raises:
        BadInput: it is no day, or one of no century files are from.
    """
    said = request.query_params.get(name, "")
    if not said:
        return usual
    try:
        day = dt.date.fromisoformat(said)
    except ValueError as error:
        raise BadInput(_("Hãy nhập ngày dạng yyyy-mm-dd."), field=name) from error
    if not 1900 <= day.year <= 2200:
        raise BadInput(
            _("%(label)s có năm %(year)d: hãy kiểm tra lại.") % {"label": _("Ngày"), "year": day.year}, field=name
        )
    return day


def handed_out(file: BinaryIO, content_type: str, disposition: str) -> FileResponse:
    """Return the answer that hands out a file, to be kept by nobody on the way; it closes the file."""
    response = FileResponse(file, content_type=content_type)
    response["Content-Disposition"] = disposition
    response["Cache-Control"] = "private, no-store"
    return response


class HandsOutFiles:
    """For a viewset of finished files: the host's compression stays off its answers."""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Take the request as the host's server hands it over."""
        leave_uncompressed(request)
        initialized: Request = super().initialize_request(request, *args, **kwargs)  # type: ignore[misc]
        return initialized


class ApiMixin:
    """Signed-in people only, JSON only, refusals in one shape, in the language asked for."""

    permission_classes: Sequence[Any] = (IsAuthenticated,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JSONRenderer,)
    parser_classes: Sequence[type[BaseParser]] = (PlainJSONParser, FormParser, MultiPartParser)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """Return our own handler; the host's views keep theirs."""
        return answer_refusal

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer; what is only read of somebody is looked up once."""
        with answering(request.method):
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Answer in the language the pages would answer in, refusals of the request itself included."""
        # the schema's generator makes requests of its own: the host's enumerations take their names from labels
        if not getattr(self, "swagger_fake_view", False):
            speak(language_of(request))
        initialized: Request = super().initialize_request(request, *args, **kwargs)  # type: ignore[misc]
        return initialized

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse who may not ask, and then, once for every view, an address no row can be asked for by."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if NUL in request.path:
            raise NotFound(_("Không tìm thấy."))
        for name, values in request.query_params.lists():
            if any(NUL in value for value in values):
                raise BadInput(_("Địa chỉ có ký tự không dùng được: hãy mở lại trang."), field=name)

    @property
    def actor(self) -> User:
        """Whoever asks."""
        return cast("User", self.request.user)  # type: ignore[attr-defined]


class ApiViewSet(ApiMixin, GenericViewSet[Any]):
    """Base of the views whose lists are paged as the host's are."""

    pagination_class: Any = StandardPagination

    def page(self, rows: QuerySet[Any], knowing: Callable[[list[Any]], dict[str, Any]] | None = None) -> Response:
        """Answer with one page of `rows`.

        Args:
            rows: everything there is, in a definite order.
            knowing: told the rows of the page, returns what the serializer is to know of them all.
        """
        chosen = list(self.paginate_queryset(rows) or [])
        context = dict(self.get_serializer_context()) | (knowing(chosen) if knowing is not None else {})
        serializer = self.get_serializer_class()(chosen, many=True, context=context)
        return self.get_paginated_response(serializer.data)

    def shown(self, row: Any, *, status: int = 200, **context: Any) -> Response:
        """Answer with one row; `context` is handed to the serializer."""
        serializer = self.get_serializer_class()(row, context=dict(self.get_serializer_context()) | context)
        return Response(serializer.data, status=status)

    def given(
        self, serializer_class: type[serializers.Serializer[Any]], *, partial: bool = False, **context: Any
    ) -> Mapping[str, Any]:
        """Return what the request says, checked for its form.

        Args:
            serializer_class: what may be said.
            partial: whether what is left out stays as it is.
            context: handed to the serializer.

        Raises:
            ValidationError: a field is missing or malformed.
        """
        serializer = serializer_class(
            data=self.request.data, partial=partial, context=dict(self.get_serializer_context()) | context
        )
        serializer.is_valid(raise_exception=True)
        return cast("Mapping[str, Any]", serializer.validated_data)


class DefiniteOrdering(OrderingFilter):
    """Orders as asked and then by primary key, so that no row is on two pages or on none."""

    def filter_queryset(self, request: Request, queryset: Any, view: APIView) -> Any:
        """Order `queryset`."""
        ordering = self.get_ordering(request, queryset, view)
        return queryset.order_by(*ordering, "-pk") if ordering else queryset


@extend_schema(exclude=True)
class NoSuchRoute(ApiMixin, APIView):
    """Answers for addresses under ours that lead nowhere.

    Without it the host's last route would answer with its web page and status 200.
    """

    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse before anything is looked at, whatever the method."""
        raise exceptions.NotFound(_("Không có địa chỉ này trong API hồ sơ vụ án."))
