"""
The modules whose functions give the same result everywhere, name by name.

Written by hand, never from `__all__`: a new Python may add a name that reads a file, and
several modules export what changes other people's classes. What is listed and replaced by a
function of ours stands in `replaced.py`.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from wfx_sandbox.modules import replaced
from wfx_sandbox.sets import OrderedFrozenSet

NAMES: Final[Mapping[str, str]] = {
    "math": """acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist
        e erf erfc exp exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose
        isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi
        pow prod radians remainder sin sinh sqrt tan tanh tau trunc ulp sumprod fma""",
    "cmath": """acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf
        isnan log log10 nan nanj phase pi polar rect sin sinh sqrt tan tanh tau""",
    "decimal": """Decimal ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN
        ROUND_HALF_UP ROUND_UP ROUND_05UP DecimalException Clamped InvalidOperation DivisionByZero
        Inexact Rounded Subnormal Overflow Underflow FloatOperation DivisionImpossible
        InvalidContext ConversionSyntax DivisionUndefined MAX_PREC MAX_EMAX MIN_EMIN MIN_ETINY
        Context getcontext setcontext localcontext""",
    "fractions": "Fraction",
    "numbers": "Number Complex Real Rational Integral",
    "statistics": """mean fmean geometric_mean harmonic_mean median median_low median_high
        median_grouped mode multimode quantiles pstdev pvariance stdev variance covariance
        correlation linear_regression StatisticsError NormalDist""",
    "itertools": """accumulate batched chain combinations combinations_with_replacement compress
        count cycle dropwhile filterfalse groupby islice pairwise permutations product repeat
        starmap takewhile tee zip_longest""",
    "functools": """partial reduce lru_cache cache cached_property wraps cmp_to_key total_ordering
        singledispatch singledispatchmethod partialmethod""",
    "operator": """abs add and_ concat contains countOf delitem eq floordiv ge getitem gt iadd iand
        iconcat ifloordiv ilshift imatmul imod imul index indexOf inv invert ior ipow irshift is_
        is_not isub itemgetter itruediv ixor le length_hint lshift lt matmul mod mul ne neg not_ or_
        pos pow rshift setitem sub truediv truth xor attrgetter methodcaller""",
    "collections": """ChainMap Counter OrderedDict UserDict UserList UserString defaultdict deque
        namedtuple abc""",
    "collections.abc": """AsyncGenerator AsyncIterable AsyncIterator Awaitable ByteString Callable
        Collection Container Coroutine Generator Hashable ItemsView Iterable Iterator KeysView
        Mapping MappingView MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized
        ValuesView Buffer""",
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "array": "array",
    "enum": """Enum IntEnum StrEnum Flag IntFlag auto unique member nonmember verify EnumCheck
        CONTINUOUS NAMED_FLAGS UNIQUE FlagBoundary STRICT CONFORM EJECT KEEP""",
    "dataclasses": """dataclass field fields asdict astuple replace is_dataclass KW_ONLY InitVar
        MISSING FrozenInstanceError""",
    "typing": """AbstractSet Any AnyStr Annotated AsyncContextManager AsyncGenerator AsyncIterable
        AsyncIterator Awaitable BinaryIO Callable ClassVar Collection Concatenate Container
        ContextManager Coroutine Counter DefaultDict Deque Dict Final FrozenSet Generator Generic
        Hashable IO ItemsView Iterable Iterator KeysView List Literal LiteralString Mapping
        MappingView Match MutableMapping MutableSequence MutableSet NamedTuple Never NewType
        NoReturn Optional OrderedDict ParamSpec ParamSpecArgs ParamSpecKwargs Pattern Protocol
        ReadOnly Required NotRequired Reversible Self Sequence Set Sized SupportsAbs SupportsBytes
        SupportsComplex SupportsFloat SupportsIndex SupportsInt SupportsRound Text TextIO Tuple
        Type TypeAlias TypeGuard TypeIs TypeVar TypeVarTuple TypedDict Union Unpack ValuesView
        TYPE_CHECKING assert_never assert_type cast dataclass_transform final get_args get_origin
        is_typeddict no_type_check overload override reveal_type runtime_checkable""",
    "typing_extensions": """Annotated Any ClassVar Final Literal LiteralString NamedTuple Never
        NotRequired ParamSpec Protocol ReadOnly Required Self TypeAlias TypeGuard TypeIs TypeVar
        TypedDict Unpack assert_never assert_type deprecated override runtime_checkable
        TYPE_CHECKING""",
    "abc": "ABC ABCMeta abstractmethod",
    "contextlib": """AbstractAsyncContextManager AbstractContextManager AsyncExitStack
        ContextDecorator AsyncContextDecorator ExitStack aclosing asynccontextmanager closing
        contextmanager nullcontext suppress""",
    "contextvars": "ContextVar Token",
    "copy": "copy deepcopy Error replace",
    "types": """SimpleNamespace MappingProxyType NoneType EllipsisType NotImplementedType UnionType
        GenericAlias DynamicClassAttribute""",
    "string": """ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits
        printable punctuation whitespace Template""",
    "re": """A ASCII DOTALL I IGNORECASE L LOCALE M MULTILINE Match NOFLAG Pattern RegexFlag S U
        UNICODE VERBOSE X compile error PatternError escape findall finditer fullmatch match search
        split sub subn""",
    "json": "dumps loads JSONDecodeError JSONEncoder JSONDecoder",
    # What a migrated log may hold of JavaScript, as frozen dataclasses.
    "wfx_migrate.v1.js": """Undefined JsDate RegExp URL URLSearchParams Headers JsError TypedArray
        JsMap JsSet Tagged Flattened""",
    "textwrap": "TextWrapper dedent fill indent shorten wrap",
    "difflib": """Differ HtmlDiff SequenceMatcher context_diff get_close_matches ndiff restore
        unified_diff IS_CHARACTER_JUNK IS_LINE_JUNK""",
    "base64": """a85decode a85encode b16decode b16encode b32decode b32encode b32hexdecode
        b32hexencode b64decode b64encode b85decode b85encode decodebytes encodebytes
        standard_b64decode standard_b64encode urlsafe_b64decode urlsafe_b64encode""",
    "binascii": "Error Incomplete a2b_base64 a2b_hex b2a_base64 b2a_hex crc32 hexlify unhexlify",
    "struct": "Struct calcsize error iter_unpack pack pack_into unpack unpack_from",
    "zlib": "adler32 compress crc32 decompress error",
    "hashlib": """blake2b blake2s md5 new sha1 sha224 sha256 sha384 sha3_224 sha3_256 sha3_384
        sha3_512 sha512 shake_128 shake_256 pbkdf2_hmac scrypt algorithms_guaranteed""",
    "hmac": "HMAC compare_digest digest new",
    "html": "escape unescape",
    "graphlib": "CycleError TopologicalSorter",
    "calendar": """monthrange isleap leapdays weekday monthcalendar timegm day_name day_abbr
        month_name month_abbr MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY Calendar
        TextCalendar""",
    "datetime": "MINYEAR MAXYEAR UTC date datetime time timedelta timezone tzinfo",
    "zoneinfo": "ZoneInfo ZoneInfoNotFoundError",
    "urllib.parse": """ParseResult SplitResult parse_qs parse_qsl quote quote_from_bytes quote_plus
        unquote unquote_plus unquote_to_bytes urldefrag urlencode urljoin urlparse urlsplit
        urlunparse urlunsplit""",
    "ipaddress": """AddressValueError IPv4Address IPv4Interface IPv4Network IPv6Address
        IPv6Interface IPv6Network NetmaskValueError ip_address ip_interface ip_network
        summarize_address_range collapse_addresses""",
    "colorsys": "hls_to_rgb hsv_to_rgb rgb_to_hls rgb_to_hsv rgb_to_yiq yiq_to_rgb",
    "unicodedata": """bidirectional category combining decimal digit lookup mirrored name normalize
        numeric""",
    "fnmatch": "fnmatch fnmatchcase translate",
    "pathlib": "PurePath PurePosixPath PureWindowsPath",
    "pprint": "pformat",
    "stat": "S_ISDIR S_ISREG",
    "keyword": "iskeyword kwlist",
    "inspect": """isabstract isasyncgen isasyncgenfunction isawaitable isbuiltin isclass
        iscoroutine iscoroutinefunction isfunction isgenerator isgeneratorfunction ismethod
        isroutine""",
    "io": "BytesIO StringIO",
    "csv": """Dialect DictReader DictWriter Error QUOTE_ALL QUOTE_MINIMAL QUOTE_NONE
        QUOTE_NONNUMERIC QUOTE_NOTNULL QUOTE_STRINGS excel excel_tab reader unix_dialect
        writer""",
    "http": "HTTPMethod HTTPStatus",
    "shlex": "join quote split",
    "tomllib": "TOMLDecodeError loads",
    "annotated_types": "Ge Gt Le Lt Len MaxLen MinLen MultipleOf Interval Predicate",
    "__future__": "annotations",
    "pydantic": """BaseModel RootModel Field ConfigDict PrivateAttr field_validator model_validator
        field_serializer model_serializer computed_field ValidationError ValidationInfo
        FieldSerializationInfo SerializationInfo AfterValidator BeforeValidator PlainValidator
        WrapValidator PlainSerializer WrapSerializer InstanceOf SkipValidation Discriminator Tag
        AliasChoices AliasPath AliasGenerator StringConstraints
        PositiveInt NegativeInt NonNegativeInt NonPositiveInt PositiveFloat NegativeFloat
        NonNegativeFloat NonPositiveFloat FiniteFloat StrictBool StrictBytes StrictFloat StrictInt
        StrictStr conint confloat constr conbytes conlist conset confrozenset condecimal condate
        UUID1 UUID3 UUID4 UUID5 UUID6 UUID7 UUID8 AwareDatetime NaiveDatetime PastDate PastDatetime
        FutureDate FutureDatetime SecretStr SecretBytes Secret Json JsonValue EmailStr NameEmail
        HttpUrl AnyUrl AnyHttpUrl FileUrl PostgresDsn RedisDsn IPvAnyAddress IPvAnyInterface
        IPvAnyNetwork Base64Bytes Base64Str Base64UrlBytes Base64UrlStr ByteSize OnErrorOmit Strict
        FailFast""",
    "pydantic.alias_generators": "to_camel to_pascal to_snake",
    "pydantic_core": "PydanticCustomError PydanticUseDefault ValidationError",
}


def table(module: str) -> dict[str, Any]:
    """The names of `module`, imported now."""
    real = importlib.import_module(module)
    found: dict[str, Any] = {}
    replaced = _replaced(module)
    for name in NAMES[module].split():
        if name in replaced:
            found[name] = replaced[name]
        elif name in vars(real) or (module.startswith("pydantic") and hasattr(real, name)):
            # Elsewhere a module's own __getattr__ serves only what is deprecated.
            found[name] = _unshared(getattr(real, name))
    return found


def _unshared(value: Any) -> Any:
    """What all runs may have of a value: no list to change, no cache to look at."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, set):
        return OrderedFrozenSet(sorted(value))
    if isinstance(value, functools._lru_cache_wrapper):
        return _plain(value)
    return value


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    def plain(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    plain.__name__ = plain.__qualname__ = function.__name__
    plain.__doc__ = function.__doc__
    return plain


def _replaced(module: str) -> Mapping[str, Any]:
    make = replaced.MODULES.get(module)
    return make() if make else {}
