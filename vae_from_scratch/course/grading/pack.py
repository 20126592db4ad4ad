"""把同一個 ``grade`` 包成 Gradescope 的自動評分，或 GitHub Actions（GitHub Classroom）的工作流程。

包裡是課程的套件、解答、檢查與老師另加的檢查檔；那邊裝好 NumPy，就執行這裡的命令。祕密檔在包裡，
學生看不到 Gradescope 的包；GitHub 的工作流程從老師的（私有）課程倉庫取，不從學生的倉庫取。
"""

import io
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ...files import write_atomically
from ..sets import CourseError

KINDS = ("gradescope", "classroom")
#: 評分要的檔案：只需要 NumPy。
FOLDERS = ("vae_from_scratch", "solutions", "exercises", "tests/exercises")
LEFT_OUT = {"__pycache__", "fonts", "right_alternatives", "wrong_answers"}

SETUP = """#!/usr/bin/env bash
# Gradescope 建映像檔時執行一次：Python 3.11 以上、NumPy 與 bubblewrap。
set -euo pipefail
home="${{AUTOGRADER:-/autograder}}"
export DEBIAN_FRONTEND=noninteractive
python=python3
new_enough='import sys, venv; sys.exit(sys.version_info < (3, 11))'
if ! command -v bwrap >/dev/null || ! python3 -c "$new_enough" 2>/dev/null; then
  apt-get update -qq
  apt-get install -y -qq bubblewrap python3 python3-venv
fi
if ! python3 -c "$new_enough"; then
  apt-get install -y -qq python3.11 python3.11-venv
  python=python3.11
fi
"$python" -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet "numpy=={numpy}"
"$home/venv/bin/python" -c "import numpy; print('numpy', numpy.__version__)"
"""

RUN = """#!/usr/bin/env bash
# 每一份作答執行一次；results.json 先寫成 0 分，改完才換掉。
set -euo pipefail
cd "${{AUTOGRADER:-/autograder}}/source"
chmod -R go-rwx secret solutions tests{private}  # 換了使用者的 worker 也讀不到
exec "${{PYTHON:-/autograder/venv/bin/python}}" -m vae_from_scratch grade \\
  "${{AUTOGRADER:-/autograder}}/submission" --format gradescope --one --jobs 2 --secret secret{options} \\
  --out "${{AUTOGRADER:-/autograder}}/results/results.json"
"""

WORKFLOW = """# 放在學生的倉庫的 .github/workflows/classroom.yml。課程（解答、檢查與祕密）從老師的私有倉庫取。
name: Autograding Tests
on: [push, workflow_dispatch]
permissions:
  checks: write
  actions: read
  contents: read
jobs:
  run-autograding-tests:
    runs-on: ubuntu-latest
    if: github.actor != 'github-classroom[bot]'
    steps:
      - uses: actions/checkout@v6
        with:
          path: submission
          persist-credentials: false
      - uses: actions/checkout@v6
        with:
          repository: ${{ secrets.GRADE_COURSE }}
          token: ${{ secrets.GRADE_COURSE_TOKEN }}
          path: course
          persist-credentials: false
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
      - name: 準備
        run: |
          sudo apt-get update -qq
          sudo apt-get install -y -qq bubblewrap
          sudo sysctl -q kernel.apparmor_restrict_unprivileged_userns=0 || true
          pip install --quiet "numpy==@NUMPY@"
      - name: 批改
        id: grade
        working-directory: course
        run: bash run_classroom "$GITHUB_WORKSPACE/submission"
      - uses: classroom-resources/autograding-grading-reporter@v1
        env:
          GRADE_RESULTS: ${{ steps.grade.outputs.result }}
        with:
          runners: grade
"""

RUN_CLASSROOM = """#!/usr/bin/env bash
# 批改一份作答，把結果交給下一步的回報。用法：run_classroom 學生的資料夾
set -euo pipefail
cd "$(dirname "$0")"
chmod -R go-rwx secret solutions tests{private}
result=$("${{PYTHON:-python}}" -m vae_from_scratch grade "$1" \
  --format classroom --one --jobs 2 --secret secret{options})
echo "result=$result" >> "${{GITHUB_OUTPUT:-/dev/stdout}}"
"""


def pack(
    kind: str, out: Path, root: Path, secret: bytes,
    hidden: tuple[Path, ...] = (), untrusted: bool = True,
    sets: Sequence[str] = (), seconds: float | None = None,
) -> Path:  # fmt: skip
    """寫出 ``out``（zip）：``kind`` 是 gradescope 或 classroom。時間戳固定，同樣的內容得到同樣的位元組。

    ``sets`` 是只改哪幾組（空的是全部），``seconds`` 是一次呼叫最多幾秒：照樣寫進那邊執行的命令。
    """
    if kind not in KINDS:
        raise CourseError(f"grade pack 只會包 {' 或 '.join(KINDS)}，不會包「{kind}」。")
    import numpy

    prefix = "source/" if kind == "gradescope" else "course/"
    options = " --untrusted" if untrusted else ""
    options += f" --sets {' '.join(sets)}" if sets else ""
    options += f" --seconds {seconds:g}" if seconds is not None else ""
    if hidden:
        options += " --hidden " + " ".join(f"hidden/{path.name}" for path in hidden)
    members = {f"{prefix}{name}": data for name, data in _course(root).items()}
    members |= {f"{prefix}hidden/{path.name}": path.read_bytes() for path in hidden}
    members[f"{prefix}secret"] = secret + b"\n"
    if kind == "gradescope":
        members["setup.sh"] = SETUP.format(numpy=numpy.__version__).encode()
        members["run_autograder"] = RUN.format(options=options, private=" hidden" if hidden else "").encode()
    else:
        members["course/run_classroom"] = RUN_CLASSROOM.format(
            options=options, private=" hidden" if hidden else ""
        ).encode()
        members["submission/.github/workflows/classroom.yml"] = WORKFLOW.replace(
            "@NUMPY@", numpy.__version__
        ).encode()
    data = _zipped(members)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, lambda file: file.write(data))
    return out


def _course(root: Path) -> dict[str, bytes]:
    files = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            inside = path.relative_to(root)
            if path.is_file() and not LEFT_OUT & set(inside.parts) and path.suffix in (".py", ".toml"):
                files[inside.as_posix()] = path.read_bytes()
    return files


def _zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in sorted(members.items()):
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            mode = 0o755 if data.startswith(b"#!") else 0o600 if name.endswith("/secret") else 0o644
            info.external_attr = (stat.S_IFREG | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data)
    return stream.getvalue()
