"""The tutorial notebooks run from top to bottom, in this interpreter's own kernel, and are kept without outputs."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs").rglob("*.ipynb"))


class OwnKernel(KernelManager):
    """A kernel of the interpreter that runs the tests; none needs to be installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """This interpreter."""
        return KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, km=OwnKernel(), timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    pictures = [o for o in outputs if o.output_type == "display_data" and "image/png" in o.data]
    wanted = sum("plot_" in c.source for c in notebook.cells if c.cell_type == "code")
    assert len(pictures) == wanted
    assert not [o for o in outputs if o.output_type == "stream" and o.name == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_a_notebook_is_kept_without_outputs_and_linked(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert all(not c.outputs and c.execution_count is None for c in notebook.cells if c.cell_type == "code")
    assert path.name in (ROOT / "docs" / "index.md").read_text() and path.name in (ROOT / "README.md").read_text()


def test_there_is_one() -> None:
    assert NOTEBOOKS
