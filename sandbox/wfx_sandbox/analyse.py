"""
What of a module workflow code needs, and what it must not touch: decided before anything runs.

Only what workflow code needs is executed in the sandbox. Starting from the workflows (and, in
a helper module, from the names others import), every global name they use makes the statements
that bind it needed, and so on. Three things follow from that:

- A statement whose names only step bodies use is never executed: `API_KEY =
  os.environ["API_KEY"]`, `client = httpx.Client()`, `app = FastAPI()`. Nor are
  `if __name__ == "__main__":` and `if TYPE_CHECKING:`.
- A name bound from something workflow code cannot have (a refused import, a refused builtin,
  or a name made from one) is *tainted*: it becomes a placeholder, and using it in workflow code
  is a finding with its line.
- An expression statement (`REGISTRY.append(x)`, `Model.model_rebuild()`) runs if every global
  name in it is needed anyway, none is tainted, and none comes from a module of the host, except
  the few whose state is the run's own (`random`, `decimal`). So `load_dotenv()` does not run.
- Whatever else may change a value that is needed runs as well, see `changes.py`: functions
  that a decorator puts into a table, a loop that fills it.

Classes run even if no workflow names them, as long as they are clean: a step may return one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final, Literal

from wfx_sandbox import effects, fallbacks, scopes
from wfx_sandbox.analysis import Analysis, Demand, Kind, Project, Statement, Taint
from wfx_sandbox.errors import Finding
from wfx_sandbox.live import each_import, live
from wfx_sandbox.modules.ambient import secret_pattern
from wfx_sandbox.modules.refused import REFUSED_BUILTINS, reason_for, remedy_for
from wfx_sandbox.settings import Settings
from wfx_sandbox.source import Source
from wfx_sandbox.surprises import surprises
from wfx_sandbox.trees import walk

_ENVIRONMENT_READERS: Final = frozenset(
    {"os.environ", "os.environ.get", "os.getenv", "os.environ.__getitem__"}
)

STATEFUL_MODULES: Final = frozenset({"random", "decimal", "warnings", "logging"})
"""Modules of the host whose state is the run's own in the sandbox."""


def analyse(
    source: Source,
    project: Project,
    *,
    demand: Demand | None = None,
    host_steps: frozenset[str] = frozenset(),
    settings: Settings | None = None,
) -> Analysis:
    """
    Analyse one module.

    Args:
        demand: What other sandboxed modules want of it; None for the main module.
        host_steps: Names that hold a step in the imported module, however they got there.
        settings: What the project forbids, and which environment variables are secrets.

    Raises:
        SyntaxError: If the source does not parse.
    """
    return _Analyser(source, project, demand or Demand(), host_steps, settings or Settings()).run()


class _Analyser:
    def __init__(
        self,
        source: Source,
        project: Project,
        demand: Demand,
        host_steps: frozenset[str],
        settings: Settings,
    ) -> None:
        self.settings = settings
        self.source = source
        self.project = project
        self.demand = demand
        self.host_steps = host_steps
        self.wfx_names: dict[str, str] = {}
        self.taints: dict[str, Taint] = {}
        self.call_taints: dict[str, Taint] = {}
        self.placeholders: dict[str, Taint] = {}
        self.findings: list[Finding] = []
        self.demands: dict[str, Demand] = {}
        self.statements: list[Statement] = []
        self.by_name: dict[str, list[Statement]] = {}
        self.wanted: list[tuple[Statement, bool]] = []
        """Statements that are still to be followed, and whether workflow code reaches them."""

    def run(self) -> Analysis:
        body = list(live(fallbacks.resolved(self.source.tree.body, self._is_refused)))
        self._find_wfx(body)
        self.statements = [self._statement(node) for node in body]
        self.source.module_names = frozenset(n for s in self.statements for n in s.binds)
        for statement in self.statements:
            for name in statement.binds:
                self.by_name.setdefault(name, []).append(statement)
        self._taint()
        self._need()
        self._effects()
        self._nested_steps(body)
        self.findings.sort(key=lambda f: (f.line, f.col))
        return Analysis(
            source=self.source,
            statements=self.statements,
            taints=self.taints,
            placeholders=self.placeholders,
            findings=self.findings,
            call_taints=self.call_taints,
            unclean={
                place: taint
                for place, statement in enumerate(self.statements)
                if (taint := self._uncleanness(statement)) is not None
            },
            demands=self.demands,
            steps={n for s in self.statements if s.kind == "step" for n in s.binds},
            workflows={n for s in self.statements if s.kind == "workflow" for n in s.binds},
        )

    def _is_refused(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Whether workflow code cannot have something that this import names."""
        for split in each_import(node):
            if isinstance(split, ast.ImportFrom) and split.names[0].name == "*":
                return self.project.kind_of(self.source.absolute(split)) == "refused"
            if self.host_steps & scopes.bound_names(split):
                continue
            if self._import_taint(self._import(split)) is not None:
                return True
        return False

    def _import(self, node: ast.Import | ast.ImportFrom) -> Statement:
        """An import of one name."""
        binds = frozenset(scopes.bound_names(node))
        alias = node.names[0]
        if isinstance(node, ast.Import):
            return Statement(node, "import", binds, [], module=alias.name)
        return Statement(
            node, "import", binds, [], module=self.source.absolute(node), imported=alias.name
        )

    # -- what the statements are -----------------------------------------------------------

    def _find_wfx(self, body: Iterable[ast.stmt]) -> None:
        """Which names mean wfx, wfx.step and wfx.workflow in this module."""
        for node in body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name == "wfx":
                        self.wfx_names[alias.asname or "wfx"] = "wfx"
            elif isinstance(node, ast.ImportFrom) and node.module in ("wfx", "wfx.authoring"):
                for alias in node.names:
                    if not node.level:
                        self.wfx_names[alias.asname or alias.name] = f"wfx.{alias.name}"

    def _means(self, node: ast.expr) -> str:
        if isinstance(node, ast.Call):
            return self._means(node.func)
        if isinstance(node, ast.Name):
            return self.wfx_names.get(node.id, "")
        if isinstance(node, ast.Attribute):
            inner = self._means(node.value)
            return f"{inner}.{node.attr}" if inner == "wfx" else ""
        return ""

    def _statement(self, node: ast.stmt) -> Statement:
        binds = frozenset(scopes.bound_names(node))
        if isinstance(node, ast.Import):
            alias = node.names[0]
            return Statement(node, "import", binds, [], module=alias.name)
        if isinstance(node, ast.ImportFrom):
            module = self.source.absolute(node)
            if node.names[0].name == "*":
                self._find(node, "WFX242", "`from … import *` hides where names come from.")
            kind: Kind = "import"
            if binds & self.host_steps and self.project.kind_of(module) == "refused":
                kind = "step"
            return Statement(node, kind, binds, [], module=module, imported=node.names[0].name)
        uses, rebinds = scopes.global_uses(node), scopes.rebound_names(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kind = self._function_kind(node)
            if kind == "step":
                outer = self._outer_decorators(node)
                uses = [use for each in outer for use in scopes.global_uses(each)]
                return Statement(node, kind, binds, uses, outer_decorators=outer)
            return Statement(node, kind, binds, uses, rebinds=rebinds)
        if isinstance(node, ast.ClassDef):
            return Statement(node, "class", binds, uses, rebinds=rebinds)
        if isinstance(node, ast.Expr):
            return Statement(node, "effect", frozenset(), uses, rebinds=rebinds)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete):
            value = getattr(node, "value", None)
            meaning = self._means(value) if isinstance(value, ast.Call) else ""
            if meaning == "wfx.step" or (binds and binds <= self.host_steps):
                return Statement(node, "step", binds, [])
            return Statement(node, "workflow" if meaning == "wfx.workflow" else "bind", binds, uses)
        if type(node).__name__ == "TypeAlias":
            return Statement(node, "bind", binds, uses)
        return Statement(node, "compound", binds, uses, rebinds=rebinds)

    def _outer_decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
        """What is given the step itself: decorators above `@step`."""
        meanings = [self._means(each) for each in node.decorator_list]
        place = meanings.index("wfx.step") if "wfx.step" in meanings else 0
        return node.decorator_list[:place]

    def _function_kind(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Kind:
        meanings = [self._means(each) for each in node.decorator_list]
        if "wfx.step" in meanings or node.name in self.host_steps:
            return "step"
        if "wfx.workflow" in meanings:
            if isinstance(node, ast.FunctionDef) or _is_generator(node):
                what = "generator" if _is_generator(node) else "plain `def`"
                self._find(node, "WFX244", f"the workflow `{node.name}` is a {what}.")
            for decorator, meaning in zip(node.decorator_list, meanings, strict=True):
                if meaning != "wfx.workflow":
                    self._find(
                        decorator,
                        "WFX241",
                        f"the workflow `{node.name}` has a decorator that is not ours.",
                    )
            return "workflow"
        return "function"

    # -- taint -----------------------------------------------------------------------------

    def _taint(self) -> None:
        for statement in self.statements:
            if statement.kind == "import":
                statement.local = self.project.kind_of(statement.module) == "local"
                taint = self._import_taint(statement)
                if taint is not None:
                    self.taints.update(dict.fromkeys(statement.binds, taint))
            elif statement.kind == "compound":
                for each in walk(statement.node):
                    if isinstance(each, ast.Import | ast.ImportFrom):
                        for split in each_import(each):
                            inner = self._statement(split)
                            taint = self._import_taint(inner)
                            if taint is not None:
                                self.taints.update(dict.fromkeys(statement.binds, taint))
        for _ in range(len(self.statements) + 1):
            if not self._taint_once():
                break

    def _import_taint(self, statement: Statement) -> Taint | None:
        module, line = statement.module, statement.node.lineno
        kind = self.project.kind_of(module)
        if module == "__future__" or kind == "local":
            return None
        if kind == "refused":
            if statement.imported is not None:
                whole = f"{module}.{statement.imported}"
                if self.project.kind_of(whole) == "local":
                    return None
            return Taint(
                _bound_module(statement),
                reason_for(module, ()),
                remedy_for(module, ()),
                "WFX201",
                line,
            )
        if statement.imported is not None and statement.imported != "*":
            attributes = (statement.imported,)
            if not self.project.offers(module, attributes):
                return Taint(
                    f"{module}.{statement.imported}",
                    reason_for(module, attributes),
                    remedy_for(module, attributes),
                    "WFX201",
                    line,
                )
        return None

    def _taint_once(self) -> bool:
        changed = False
        for statement in self.statements:
            if statement.kind in ("import", "step"):
                continue
            for use in statement.uses:
                taint = self._problem(use)
                if taint is None and use.called:
                    taint = self.call_taints.get(use.name)
                if taint is None:
                    continue
                target = self.taints if use.when != "called" else self.call_taints
                if statement.kind in ("workflow",):
                    continue
                for name in statement.binds:
                    if name not in target:
                        changed = True
                        target[name] = Taint(
                            taint.subject,
                            taint.message,
                            taint.remedy,
                            "WFX202",
                            statement.node.lineno,
                            via=name,
                        )
        return changed

    def _problem(self, use: scopes.Use) -> Taint | None:
        """Why workflow code cannot have what this use names."""
        taint = self.taints.get(use.name)
        if taint is not None:
            return taint
        binding = self.by_name.get(use.name)
        if binding is None:
            if use.name in REFUSED_BUILTINS:
                message, remedy = REFUSED_BUILTINS[use.name]
                return Taint(use.name, message, remedy, "WFX203")
            return None
        statement = binding[-1]
        if statement.kind != "import" or not use.attributes:
            return None
        module, attributes = statement.module, use.attributes
        assert isinstance(statement.node, ast.Import | ast.ImportFrom)
        if isinstance(statement.node, ast.Import):
            alias = statement.node.names[0]
            if alias.asname is None and "." in module:
                inner = module.split(".")[1:]
                if list(attributes[: len(inner)]) != inner:
                    return None
                attributes = attributes[len(inner) :]
                if not attributes:
                    return None
        else:
            attributes = (statement.imported or "", *attributes)
        if self.project.kind_of(module) not in ("facade", "wfx"):
            return None
        if module in ("os", "os.path") and attributes[0] == "environ":
            return None
        if self.project.offers(module, attributes):
            return None
        return Taint(
            ".".join([module, *attributes]),
            reason_for(module, attributes),
            remedy_for(module, attributes),
            "WFX205" if (module, attributes[0]) == ("time", "sleep") else "WFX201",
        )

    # -- need ------------------------------------------------------------------------------

    def _need(self) -> None:
        for statement in self.statements:
            if statement.kind == "workflow":
                self.wanted.append((statement, True))
        for name in sorted(self.demand.names):
            self._want(name, True)
        self._follow()
        for statement in self.statements:
            clean = not (statement.binds & self.taints.keys())
            if not clean or statement.needed:
                continue
            if statement.kind == "class" or (
                self.demand.everything and statement.kind in ("function", "bind", "step", "import")
            ):
                self.wanted.append((statement, False))
        self._follow()
        for statement in self.statements:
            if statement.kind == "step":
                self.wanted.append((statement, False))
        self._follow()
        changing = [self.statements[place] for place in sorted(self.demand.changes)]
        self.wanted.extend((each, False) for each in changing if each.kind != "import")
        for use in (use for each in changing if each.kind == "step" for use in each.uses):
            if use.name in self.by_name:
                self._attribute_demand(use)
                self._want(use.name, False)
        self._follow()
        for statement in changing:
            statement.changes = True
            if statement.kind == "import" and not statement.needed:
                statement.needed = True
                self._run_demand(statement)
        if self.demand.everything:
            for name, taint in self.taints.items():
                self.placeholders.setdefault(name, taint)

    def _want(self, name: str, hard: bool) -> None:
        if name in self.taints:
            self.placeholders[name] = self.taints[name]
            return
        self.wanted.extend((statement, hard) for statement in self.by_name.get(name, ()))

    def _follow(self) -> None:
        """Mark what is wanted as needed, and all that it needs."""
        while self.wanted:
            statement, hard = self.wanted.pop()
            if statement.needed and (statement.hard or not hard):
                continue
            first = not statement.needed
            statement.needed = True
            statement.hard = statement.hard or hard
            if statement.kind == "step":
                if first and isinstance(statement.node, ast.FunctionDef | ast.AsyncFunctionDef):
                    for name in scopes.annotation_names(statement.node):
                        if name not in self.taints:
                            self._want(name, False)
                continue
            if statement.kind == "import":
                self._import_demand(statement)
            if statement.kind == "compound":
                self._conditional_imports(statement)
            if hard:
                self._inner_imports(statement)
                self._secrets(statement)
                self._warn(statement)
            for use in statement.uses:
                if hard:
                    self._judge(use)
                if use.name in self.by_name:
                    self._attribute_demand(use)
                    self._want(use.name, hard and not use.method)

    def _judge(self, use: scopes.Use) -> None:
        severity: Literal["error", "warning"] = "warning" if use.method else "error"
        taint = self._problem(use)
        if taint is None:
            self._judge_capability(use)
            named = self.by_name.get(use.name, [])
            if use.called and not use.attributes and any(s.kind == "workflow" for s in named):
                self._find(
                    use.node,
                    "WFX206",
                    f"`{use.name}` is a workflow, and a workflow cannot call another one yet.",
                )
            return
        if use.when == "caught":
            spelled = ".".join([use.name, *use.attributes])
            self._find(
                use.node,
                "WFX204",
                f"`{spelled}` is not available to workflow code, so it cannot be caught here.",
                severity=severity,
            )
            return
        self._find(use.node, taint.rule, taint.text, remedy=taint.remedy, severity=severity)

    def _warn(self, statement: Statement) -> None:
        for node, rule, message in surprises(
            statement.node, statement.uses, self._spelled, self._awaitable
        ):
            self._find(node, rule, message, severity="warning")

    def _awaitable(self, name: str) -> bool:
        """Whether a name of this module is a step or an `async def`."""
        named = self.by_name.get(name)
        if not named:
            return False
        node = named[-1].node
        if named[-1].kind == "step":
            return True
        return isinstance(node, ast.AsyncFunctionDef) and not node.decorator_list

    def _judge_capability(self, use: scopes.Use) -> None:
        """A use of what the project's settings forbid."""
        if "forbid" not in self.settings.effects.values():
            return
        capability = effects.capability_of(self._spelled(use.node))
        if capability and self.settings.effects.get(capability) == "forbid":
            self._find(use.node, "WFX209", effects.forbidden(capability))

    def _secrets(self, statement: Statement) -> None:
        """Reads of the environment whose literal name looks like a secret."""
        for node in walk(statement.node):
            if isinstance(node, ast.Subscript):
                reader, key = node.value, node.slice
            elif isinstance(node, ast.Call) and node.args:
                reader, key = node.func, node.args[0]
            else:
                continue
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                continue
            pattern = secret_pattern(key.value, self.settings.secret_env)
            if pattern and self._spelled(reader) in _ENVIRONMENT_READERS:
                self._find(
                    node,
                    "WFX210",
                    f"the environment variable `{key.value}` looks like a secret ({pattern}).",
                )

    def _spelled(self, node: ast.expr) -> str:
        """`os.environ.get` for a chain of attributes, imports resolved."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.by_name:
            return ""
        statement = self.by_name[node.id][-1]
        if statement.kind != "import":
            return ""
        return ".".join([_bound_module(statement), *reversed(attributes)])

    def _import_demand(self, statement: Statement) -> None:
        module, name = statement.module, statement.imported
        kind = self.project.kind_of(module)
        if name is not None and self.project.kind_of(f"{module}.{name}") == "local":
            self.demands.setdefault(f"{module}.{name}", Demand()).everything = True
            return
        if kind == "local":
            demand = self.demands.setdefault(module, Demand())
            if name is None:
                demand.everything = True
            else:
                demand.names.add(name)

    def _attribute_demand(self, use: scopes.Use) -> None:
        """`helpers.total` in workflow code makes `total` wanted of `helpers`."""
        statement = self.by_name[use.name][-1]
        if statement.kind != "import" or not use.attributes:
            return
        module, attributes = statement.module, list(use.attributes)
        if statement.imported is not None:
            module = f"{module}.{statement.imported}"
        elif isinstance(statement.node, ast.Import) and statement.node.names[0].asname is None:
            inner = module.split(".")[1:]
            if attributes[: len(inner)] != inner:
                return
            attributes = attributes[len(inner) :]
        if attributes and self.project.kind_of(module) == "local":
            self.demands.setdefault(module, Demand()).names.add(attributes[0])

    def _inner_imports(self, statement: Statement) -> None:
        """Imports inside functions that workflow code reaches."""
        if statement.kind not in ("workflow", "function"):
            return
        for each in walk(statement.node):
            if not isinstance(each, ast.Import | ast.ImportFrom):
                continue
            for split in each_import(each):
                inner = self._statement(split)
                taint = self._import_taint(inner)
                if taint is not None:
                    self._find(each, taint.rule, taint.message, remedy=taint.remedy)
                else:
                    self._import_demand(inner)

    def _conditional_imports(self, statement: Statement) -> None:
        """Imports of local modules under a condition of module level."""
        for each in walk(statement.node):
            if isinstance(each, ast.Import | ast.ImportFrom):
                for split in each_import(each):
                    self._import_demand(self._statement(split))

    def _run_demand(self, statement: Statement) -> None:
        """An import for what executing the module does."""
        module = f"{statement.module}.{statement.imported}"
        if statement.imported is not None and self.project.kind_of(module) != "local":
            self._import_demand(statement)
        else:
            module = statement.module if statement.imported is None else module
            self.demands.setdefault(module, Demand())

    def _uncleanness(self, statement: Statement) -> Taint | None:
        """What executing a statement uses that workflow code cannot have."""
        for use in statement.uses:
            if use.when != "called":
                taint = self._problem(use)
                if taint is None and use.called:
                    taint = self.call_taints.get(use.name)
                if taint is not None:
                    return taint
        return next((self.taints[name] for name in statement.binds if name in self.taints), None)

    def _effects(self) -> None:
        """Which expression statements run; the rule is in the module's docstring."""
        for statement in self.statements:
            if statement.kind != "effect" or statement.needed or not statement.uses:
                continue
            statement.needed = all(self._runs_anyway(use) for use in statement.uses)

    def _runs_anyway(self, use: scopes.Use) -> bool:
        if self._problem(use) is not None or use.name in self.call_taints:
            return False
        bindings = self.by_name.get(use.name)
        if bindings is None:
            return True  # a builtin
        return all(
            s.needed
            and (
                s.kind != "import"
                or s.module in STATEFUL_MODULES
                or self.project.kind_of(s.module) == "local"
            )
            for s in bindings
        )

    # -- findings --------------------------------------------------------------------------

    def _nested_steps(self, body: Iterable[ast.stmt]) -> None:
        for top in body:
            for each in walk(top):
                if each is top or not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                for decorator in each.decorator_list:
                    meaning = self._means(decorator)
                    if meaning in ("wfx.step", "wfx.workflow") and isinstance(
                        top, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
                    ):
                        what = meaning.removeprefix("wfx.")
                        self._find(
                            each,
                            "WFX240",
                            f"the {what} `{each.name}` is defined inside `{top.name}`.",
                        )

    def _find(
        self,
        node: ast.AST,
        rule: str,
        message: str,
        *,
        remedy: str = "",
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        finding = self.source.finding(node, rule, message, remedy=remedy, severity=severity)
        if finding not in self.findings:
            self.findings.append(finding)


def _bound_module(statement: Statement) -> str:
    if statement.imported is not None:
        return f"{statement.module}.{statement.imported}"
    return statement.module


def _is_generator(node: ast.AST) -> bool:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(child, ast.Yield | ast.YieldFrom) or _is_generator(child):
            return True
    return False
