"""包給平台的 zip：在乾淨的環境裡照那邊的做法執行，分數與這裡的一樣。"""

import base64
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.tools import tool
from vae_from_scratch.course.grading.pack import WORKFLOW, pack
from vae_from_scratch.course.sets import CourseError, all_sets, course_root

ROOT = course_root()
FIRST = all_sets(ROOT)[0]
SECRET = b"a secret of the test"


def unpacked(kind, folder: Path, **options) -> Path:
    """像平台那樣解開，連同執行的權限。"""
    path = pack(kind, folder / "pack.zip", ROOT, SECRET, **{"untrusted": False, **options})
    with zipfile.ZipFile(path) as file:
        for info in file.infolist():
            file.extract(info, folder)
            (folder / info.filename).chmod((info.external_attr >> 16) & 0o777)
    return folder


def run(command, folder, **environment):
    """乾淨的環境：沒有 PYTHONPATH，也不在課程的資料夾。"""
    clean = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "LANG": "C.UTF-8", **environment}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_gradescope_grades_one_submission(tmp_path):
    folder = unpacked("gradescope", tmp_path / "autograder")
    (folder / "submission").mkdir()
    (folder / "results").mkdir()
    (folder / "submission" / FIRST.solution.name).write_bytes(FIRST.solution.read_bytes())
    run(["./run_autograder"], folder, AUTOGRADER=str(folder))
    results = json.loads((folder / "results" / "results.json").read_text("utf-8"))
    assert results["score"] == 8 and sum(test["max_score"] for test in results["tests"]) == 100
    secret = folder / "source" / "secret"
    assert secret.read_bytes() == SECRET + b"\n" and stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "source" / "solutions").stat().st_mode) & 0o077 == 0


def wheel_of(name: str, folder: Path) -> Path:
    """把裝好的套件包回 wheel，放在 ``folder``：pip 不必連網路也裝得起來。"""
    installed = distribution(name)
    (tag, *_) = re.findall(r"^Tag: (\S+)$", installed.read_text("WHEEL") or "", re.MULTILINE)
    folder.mkdir()
    with zipfile.ZipFile(folder / f"{name}-{installed.version}-{tag}.whl", "w") as file:
        for path in installed.files or ():
            if ".." not in path.parts and path.suffix != ".pyc":
                file.write(str(path.locate()), path.as_posix())
    return folder


def test_the_setup_makes_an_environment_the_grader_can_use(tmp_path):
    """照 Gradescope 的次序：setup.sh 一次，再 run_autograder；apt-get 只記下來，NumPy 由這裡拿，不連網路。"""
    folder = unpacked("gradescope", tmp_path / "autograder")
    tools = tmp_path / "tools"
    tools.mkdir()
    real = Path(sys._base_executable)  # type: ignore[attr-defined]
    for name, text in (("apt-get", 'echo "$@" >> "$AUTOGRADER/apt"'), ("python3", f'exec {real} "$@"')):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        (tools / name).chmod(0o755)
    wheels = wheel_of("numpy", tmp_path / "wheels")
    environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_NO_COMPILE": "1"}
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    said = run(["./setup.sh"], folder, AUTOGRADER=str(folder), **(environment | {"PATH": path}))
    assert "numpy" in said and (folder / "venv/bin/python").exists()
    (folder / "submission").mkdir()
    (folder / "results").mkdir()
    python = str(folder / "venv/bin/python")
    run(["./run_autograder"], folder, AUTOGRADER=str(folder), PYTHON=python)
    assert json.loads((folder / "results" / "results.json").read_text("utf-8"))["score"] == 0


def test_github_hands_the_result_to_the_reporter(tmp_path):
    folder = unpacked("classroom", tmp_path / "github")
    student = tmp_path / "student"
    student.mkdir()
    (student / FIRST.solution.name).write_text("import os; os._exit(0)\n", "utf-8")
    output = tmp_path / "output"
    run(["bash", "course/run_classroom", str(student)], folder, GITHUB_OUTPUT=str(output))
    (line,) = output.read_text("utf-8").splitlines()
    content = json.loads(base64.b64decode(line.removeprefix("result=")))
    assert content["max_score"] == 100 and {test["score"] for test in content["tests"]} == {0}


def test_hidden_checks_go_along(tmp_path):
    hidden = tmp_path / "hidden_ex01.py"
    hidden.write_text("", "utf-8")
    folder = unpacked("gradescope", tmp_path / "x", hidden=(hidden,), untrusted=True)
    text = (folder / "run_autograder").read_text("utf-8")
    assert (
        "--one --jobs 2 --secret secret --untrusted --hidden hidden/hidden_ex01.py" in text
        and (folder / "source/hidden/hidden_ex01.py").exists()
    )


@pytest.mark.parametrize(
    ("kind", "script"), [("gradescope", "run_autograder"), ("classroom", "course/run_classroom")]
)
def test_the_sets_and_the_time_go_along(tmp_path, kind, script):
    text = (unpacked(kind, tmp_path / "x", sets=("ex01", "ex03"), seconds=2.5) / script).read_text("utf-8")
    assert "--sets ex01 ex03 --seconds 2.5" in text
    assert "--sets" not in (unpacked(kind, tmp_path / "y") / script).read_text("utf-8")


def test_the_same_course_gives_the_same_bytes(tmp_path):
    first, second = (pack("gradescope", tmp_path / f"{i}.zip", ROOT, SECRET).read_bytes() for i in range(2))
    assert first == second


def test_nothing_that_is_not_needed_goes_along(tmp_path):
    with zipfile.ZipFile(pack("gradescope", tmp_path / "x.zip", ROOT, SECRET)) as file:
        names = file.namelist()
    assert not [
        name for name in names if re.search(r"wrong_answers|right_alternatives|__pycache__|\.git", name)
    ]
    assert {"setup.sh", "run_autograder", "source/secret"} <= set(names)


def test_an_unknown_platform_is_refused(tmp_path):
    with pytest.raises(CourseError, match="gradescope 或 classroom"):
        pack("canvas", tmp_path / "x.zip", ROOT, SECRET)


def test_the_shell_scripts_are_valid(tmp_path):
    """bash 讀得懂；有 shellcheck 的地方（.ci/run），它也沒有意見。"""
    for kind, names in (
        ("gradescope", ("setup.sh", "run_autograder")),
        ("classroom", ("course/run_classroom",)),
    ):
        folder = unpacked(kind, tmp_path / kind)
        for name in names:
            subprocess.run(["bash", "-n", folder / name], check=True)
            if shutil.which("shellcheck"):
                subprocess.run(["shellcheck", folder / name], check=True)


def complaints(text: str, folder: Path) -> str:
    """actionlint（連同 shellcheck）對一個工作流程的意見。"""
    (folder / "classroom.yml").write_text(text, "utf-8")
    command = [tool("actionlint"), "-no-color", "classroom.yml"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    return answer.stdout + answer.stderr


def test_actionlint_has_nothing_to_say(tmp_path):
    folder = unpacked("classroom", tmp_path / "x")
    text = (folder / "submission/.github/workflows/classroom.yml").read_text("utf-8")
    assert complaints(text, tmp_path) == ""
    assert "runs-on" in complaints(text.replace("runs-on:", "runs-onn:"), tmp_path)
    assert "grde" in complaints(text.replace("steps.grade", "steps.grde"), tmp_path)


def test_the_workflow_is_what_the_reporter_needs():
    """名字與工作的名字是 GitHub Classroom 規定的；學生的程式不拿到權杖。"""
    assert "\nname: Autograding Tests\n" in WORKFLOW and "\n  run-autograding-tests:\n" in WORKFLOW
    assert WORKFLOW.count("persist-credentials: false") == WORKFLOW.count("actions/checkout@") == 2
    assert "GRADE_RESULTS: ${{ steps.grade.outputs.result }}" in WORKFLOW and "runners: grade" in WORKFLOW
