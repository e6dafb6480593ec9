"""
Which names workflow code may write down: the tables that policy and guards share.

Attribute names in source are literals, so they are judged at compile time: a plain name
stays a native attribute access, a risky one becomes a guarded call, the rest is refused.
`getattr` with a computed name is judged by the same tables at run time.
"""

from __future__ import annotations

import re
from typing import Final

from wfx_sandbox.words import words

OWN_MARK: Final = "_abc_wfx_own_"
"""Set on every class of sandboxed code. `_abc_` because Protocol skips names like that."""

PLACE: Final = "__wfx_place__"
"""Global of every sandbox namespace: its file, relative to the app directory."""

RUN_PREFIX: Final = "wfx-run-"
"""With a number and a dot before its stable name: what a module is called in one run."""

RESERVED: Final = re.compile(r"_[a-z0-9][a-z0-9_]*_|__wfx_.*|_abc_.*")
"""Names that the compiled code uses for guards; `_x` and `__x` remain the author's."""

INTERPRETER: Final = frozenset(
    words(
        """
    tb_frame tb_next tb_lasti tb_lineno f_back f_builtins f_code f_generator f_globals
    f_lasti f_lineno f_locals f_trace gi_frame gi_code gi_yieldfrom gi_running gi_suspended
    gi_state cr_await cr_frame cr_code cr_origin cr_running cr_suspended cr_state ag_await
    ag_frame ag_code ag_running ag_suspended ag_state co_code co_consts co_names co_varnames
    co_filename co_freevars co_cellvars co_lines co_positions co_qualname co_linetable
    co_exceptiontable func_globals func_code func_closure im_func im_self im_class mro
    with_traceback get_stack print_stack get_coro get_context get_loop
"""
    )
)
"""Attributes of frames, code, generators, coroutines, tracebacks, classes and tasks."""

GUARDED: Final = frozenset(
    words(
        """
    format format_map obj now utcnow today fromtimestamp timestamp astimezone model_validate
    model_validate_json model_validate_strings model_rebuild parse_obj parse_file parse_raw
    from_orm construct validate update_forward_refs register model_config
    model_fields parser strftime strptime model_dump model_fields_set model_json_schema dict
    model_computed_fields groupindex buffer_info clear_cache fget fset fdel byte_sizes metadata
    metadata_lookup apply_typevars_map rebuild_annotation from_annotation schema schema_json
    from_annotated_attribute from_field merge_field_infos
"""
    )
)
"""Public names whose meaning depends on the object: looked up by `get_attribute`."""

VIEWS: Final = frozenset({"keys", "items"})
"""Methods of dicts that are guarded where they are named and not called at once."""

OBSERVED: Final = VIEWS | {"args", "json", "config"}
"""Ordinary names of which some objects give what is not reproducible; only reading is guarded."""

LOADABLE_DUNDERS: Final = frozenset(
    words(
        """
    __name__ __qualname__ __doc__ __module__ __class__ __members__ __notes__ __cause__
    __context__ __suppress_context__ __init__ __post_init__ __new__ __setattr__ __delattr__
    __init_subclass__ __enter__ __exit__ __aenter__ __aexit__ __iter__ __next__ __aiter__
    __anext__ __await__ __len__ __contains__ __getitem__ __setitem__ __delitem__ __missing__
    __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __add__ __sub__ __mul__ __truediv__ __str__
    __repr__ __bool__ __call__ __hash__
"""
    )
)
"""Special attributes that may be read, each through `get_attribute`."""

DEFINABLE_DUNDERS: Final = frozenset(
    words(
        """
    __init__ __new__ __post_init__ __init_subclass__ __class_getitem__ __set_name__ __repr__
    __str__ __format__ __bytes__ __bool__ __hash__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__
    __call__ __len__ __length_hint__ __contains__ __iter__ __next__ __reversed__ __getitem__
    __setitem__ __delitem__ __missing__ __aiter__ __anext__ __await__ __enter__ __exit__
    __aenter__ __aexit__ __add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__
    __rmul__ __imul__ __matmul__ __rmatmul__ __imatmul__ __truediv__ __rtruediv__
    __itruediv__ __floordiv__ __rfloordiv__ __ifloordiv__ __mod__ __rmod__ __imod__
    __divmod__ __rdivmod__ __pow__ __rpow__ __ipow__ __lshift__ __rlshift__ __ilshift__
    __rshift__ __rrshift__ __irshift__ __and__ __rand__ __iand__ __xor__ __rxor__ __ixor__
    __or__ __ror__ __ior__ __neg__ __pos__ __abs__ __invert__ __int__ __float__ __complex__
    __index__ __round__ __trunc__ __floor__ __ceil__ __get__ __set__ __delete__ __getattr__
    __setattr__ __delattr__ __copy__ __deepcopy__ __replace__ __dir__ __sizeof__
"""
    )
)
"""Special methods that sandboxed classes may define."""

STORABLE_DUNDERS: Final = frozenset(
    words(
        """
    __all__ __version__ __author__ __slots__ __match_args__ __doc__ __hash__ __test__
"""
    )
)
"""Special names that may be assigned at module or class level."""

LOADABLE_NAMES: Final = frozenset({"__name__", "__doc__", "__all__", "__version__", "__debug__"})

SLOTS: Final = frozenset({"__dict__", "__weakref__"})
"""What `__slots__` may list besides ordinary names."""

NAMEDTUPLE_NAMES: Final = frozenset({"_asdict", "_replace", "_fields", "_make", "_field_defaults"})
ENUM_NAMES: Final = frozenset(
    {"_value_", "_name_", "_missing_", "_generate_next_value_", "_ignore_", "_order_"}
)
BY_CONVENTION: Final = NAMEDTUPLE_NAMES | ENUM_NAMES

TRUSTED_DUNDERS: Final = frozenset(
    words(
        """
    __reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__ __getnewargs_ex__
    __getattribute__ __class__ __instancecheck__ __subclasscheck__ __subclasshook__ __del__
    __get_pydantic_core_schema__ __get_pydantic_json_schema__ __get_validators__
    __prepare_pydantic_annotations__ __modify_schema__ __pydantic_init_subclass__
    __pydantic_serializer__ __mro_entries__ __prepare__ __buffer__ __release_buffer__
    __fspath__ __annotate__ __signature__ __wrapped__
"""
    )
)
"""What libraries and the interpreter call on any class; never workflow code's own."""

HOST_PRIVATE: Final = frozenset(
    words(
        """
    _setattr_handler _copy_and_set_values _calculate_keys _collect_bases_data _dump_registry
    _get_value _iter _recreate_cm _hash
"""
    )
)
"""Private names of classes one may inherit from: theirs unless an own class defines them."""

REFUSED_METHODS: Final = frozenset({"split", "derive", "subgroup"})
"""Not to be overridden in an exception group: CPython trusts what they return."""


UNSTORABLE: Final = REFUSED_METHODS | {"model_config", "model_fields", "model_computed_fields"}
"""Attributes that are not assigned: what was checked once must stay so."""


def is_dunder(name: str) -> bool:
    """Whether `name` has the form of a special name."""
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


def is_reserved(name: str) -> bool:
    """Whether `name` belongs to the sandbox."""
    return name not in BY_CONVENTION and RESERVED.fullmatch(name) is not None


def may_be_looked_up(name: str) -> bool:
    """Whether a library may look for this name in any object."""
    return not is_dunder(name) and name not in INTERPRETER


def is_plain(name: str) -> bool:
    """Whether an attribute of this name may be read from any object, natively."""
    return not name.startswith("_") and name not in INTERPRETER and name not in GUARDED


def is_private(name: str) -> bool:
    """Whether this is an ordinary private name: `_x`, no convention and nobody's special one."""
    return (
        name.startswith("_")
        and not is_dunder(name)
        and name not in BY_CONVENTION
        and name not in HOST_PRIVATE
        and not is_reserved(name)
    )


def is_of_run(module: str) -> bool:
    """Whether this is a run's own name of a module."""
    return module.startswith(RUN_PREFIX)


def stable_module(module: str) -> str:
    """The name that the log knows a module by, of that or of a run's own."""
    return module.partition(".")[2] if is_of_run(module) else module


def mangled(name: str, class_name: str | None) -> str:
    """The name that Python gives a `__private` name inside a class."""
    if class_name is None or not name.startswith("__") or name.endswith("__"):
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name
