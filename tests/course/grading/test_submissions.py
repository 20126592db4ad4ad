"""交上來的各種樣子：平台的 zip、改了名的檔案、中文名字；連結、路徑跑出去的 zip、炸彈都不收，也不卡住。"""

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from vae_from_scratch.course.grading import submissions
from vae_from_scratch.course.grading.submissions import Student, clean, collect
from vae_from_scratch.course.sets import CourseError, all_sets, course_root

ROOT = course_root()
SETS = all_sets(ROOT)
ONE, TWO = (chosen.solution.read_bytes() for chosen in SETS[:2])
NAMES = [chosen.stem for chosen in SETS[:2]]


def tree(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], **options) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def who(students: list[Student]) -> dict[str, list[str]]:
    return {student.name: sorted(student.files) for student in students}


# ---- 樣子 ----------------------------------------


def test_one_file(tmp_path):
    path = tree(tmp_path, **{f"{NAMES[0]}.py": ONE}) / f"{NAMES[0]}.py"
    (student,) = collect([path], SETS)
    assert student.files == {"ex01": ONE} and student.name == NAMES[0]


def test_a_students_folder(tmp_path):
    folder = tree(tmp_path / "王小明", **{f"{NAMES[0]}.py": ONE, f"{NAMES[1]}.py": TWO, "notes.txt": b"x"})
    assert who(collect([folder], SETS)) == {"王小明": ["ex01", "ex02"]}


def test_a_whole_course_folder_takes_only_the_exercises(tmp_path):
    files = {
        f"exercises/{NAMES[0]}.py": ONE, f"solutions/{NAMES[1]}.py": TWO,
        f"tests/exercises/test_{NAMES[1]}.py": b"", ".venv/lib/ex03_x.py": ONE,
    }  # fmt: skip
    assert who(collect([tree(tmp_path / "wang", **files)], SETS)) == {"wang": ["ex01"]}


def test_a_class_folder_with_one_who_handed_in_nothing(tmp_path):
    tree(tmp_path, **{f"甲/{NAMES[0]}.py": ONE, f"乙/work/{NAMES[1]}.py": TWO})
    (tmp_path / "丙").mkdir()
    students = collect([tmp_path], SETS)
    assert who(students) == {"甲": ["ex01"], "乙": ["ex02"], "丙": []}
    assert students[0].notes == ["沒有交任何作答"]  # 照資料夾的次序：丙、乙、甲


def test_what_a_platform_hands_over_is_one_student(tmp_path):
    folder = tree(tmp_path / "submission", **{f"a/{NAMES[0]}.py": ONE, f"b/{NAMES[1]}.py": TWO})
    assert who(collect([folder], SETS, one=True)) == {"submission": ["ex01", "ex02"]}
    assert who(collect([folder], SETS)) == {"a": ["ex01"], "b": ["ex02"]}
    (tmp_path / "empty").mkdir()
    (nobody,) = collect([tmp_path / "empty"], SETS, one=True)
    assert nobody.files == {} and "沒有找到作答" in nobody.notes[0]


def test_several_paths_with_the_same_name(tmp_path):
    for term in "ab":
        tree(tmp_path / term / "wang", **{f"{NAMES[0]}.py": ONE})
    students = collect([tmp_path / "a" / "wang", tmp_path / "b" / "wang"], SETS)
    assert [student.name for student in students] == ["wang", "wang（2）"]


def test_gradescope(tmp_path):
    metadata = (
        "---\nsubmission_11:\n  :submitters:\n  - :name: 王小明\n    :sid: 'B12345'\n    :email: a@b\n"
        "  :score: 3\n"
        "submission_12:\n  :submitters:\n  - :name: Ann\n"
    )
    members = [
        ("assignment_9_export/submission_metadata.yml", metadata.encode()),
        (f"assignment_9_export/submission_11/{NAMES[0]}.py", ONE),
        (f"assignment_9_export/submission_11/{NAMES[1]}.py", TWO),
        (f"assignment_9_export/submission_12/{NAMES[0]}.py", ONE),
    ]
    students = collect([zipped(tmp_path / "assignment_9_export.zip", *members)], SETS)
    assert who(students) == {"王小明 B12345": ["ex01", "ex02"], "Ann": ["ex01"]}


def test_ntu_cool(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr(f"hw/{NAMES[0]}.py", ONE)
        file.writestr("__MACOSX/hw/._x.py", b"")
    members = [
        (f"chenwei_1001_2001_{NAMES[0]}.py", ONE),
        (f"chenwei_1001_2002_{NAMES[1]}.py", TWO),
        (f"lin_LATE_1002_2003_{NAMES[0]}-1.py", ONE),
        ("王小明_1003_2004_作業.zip", inner.getvalue()),
    ]
    students = collect([zipped(tmp_path / "submissions.zip", *members)], SETS)
    assert who(students) == {"chenwei_1001": ["ex01", "ex02"], "lin_1002": ["ex01"], "王小明_1003": ["ex01"]}


def test_moodle(tmp_path):
    members = [
        (f"Wang Xiao_77_assignsubmission_file_/{NAMES[0]}.py", ONE),
        (f"林 小華_78_assignsubmission_file_/{NAMES[1]}.py", TWO),
    ]
    found = who(collect([zipped(tmp_path / "moodle.zip", *members)], SETS))
    assert found == {"Wang Xiao_77": ["ex01"], "林 小華_78": ["ex02"]}
    flat = [
        (f"Wang Xiao_77_assignsubmission_file_{NAMES[0]}.py", ONE),
        ("Lin_78_assignsubmission_file_ex2.py", TWO),
    ]
    assert who(collect([zipped(tmp_path / "flat.zip", *flat)], SETS)) == {
        "Wang Xiao_77": ["ex01"],
        "Lin_78": ["ex02"],
    }


@pytest.mark.parametrize(
    "name",
    [f"{NAMES[0]} (1).py", f"{NAMES[0]}-2.py", "ex1.py", "EX01.PY.py", "my-ex01-end.py", "答案.py"],
)  # fmt: skip
def test_a_renamed_file_is_recognised(tmp_path, name):
    assert who(collect([tree(tmp_path / "x", **{name: ONE})], SETS)) == {"x": ["ex01"]}


def test_the_best_of_several_files_is_taken(tmp_path):
    files = {f"{NAMES[0]}-1.py": b"# 1\n", f"{NAMES[0]}-3.py": b"# 3\n", f"{NAMES[0]}-2.py": b"# 2\n"}
    (student,) = collect([tree(tmp_path / "x", **files)], SETS)
    assert student.files == {"ex01": b"# 3\n"} and len(student.notes) == 1
    assert f"用的是 {NAMES[0]}-3.py，沒有用 {NAMES[0]}-1.py、{NAMES[0]}-2.py" in student.notes[0]
    (student,) = collect([tree(tmp_path / "x", **{f"{NAMES[0]}.py": ONE})], SETS)
    assert student.files == {"ex01": ONE}


def test_chinese_names_in_an_old_zip(tmp_path):
    """中文 Windows 的 zip 沒有標明編碼：檔名是 cp950，Python 讀成 cp437。"""
    path = zipped(tmp_path / "x.zip", (f"AAAAAA/{NAMES[0]}.py", ONE), ("BB/ex02.py", TWO))
    path.write_bytes(path.read_bytes().replace(b"AAAAAA", "王小明".encode("cp950")))
    assert who(collect([path], SETS)) == {"王小明": ["ex01"], "BB": ["ex02"]}


def test_other_files_are_noted_or_ignored(tmp_path):
    files = {
        "conftest.py": b"x",
        "numpy/__init__.py": b"x",
        "sitecustomize.py": b"x",
        "evil.pth": b"import os",
        f"{NAMES[0]}.py": ONE,
    }
    (student,) = collect([tree(tmp_path / "x", **files)], SETS)
    assert student.files == {"ex01": ONE} and student.notes == ["sitecustomize.py：看不出是哪一組，沒有收"]


# ---- 不收的 ----------------------------------------


def test_links_devices_and_pipes_are_not_read(tmp_path):
    folder = tree(tmp_path / "x", **{f"{NAMES[0]}.py": ONE})
    os.symlink(SETS[1].solution, folder / "ex02.py")
    os.symlink(ROOT / "solutions", folder / "exlinked")
    os.link(tree(tmp_path, secret=ONE) / "secret", folder / "ex03.py")
    os.mkfifo(folder / "ex04.py")
    (student,) = collect([folder], SETS)
    assert list(student.files) == ["ex01"]
    assert [note.partition("：")[0] for note in student.notes] == ["ex02.py", "ex03.py", "ex04.py"]


def test_a_file_swapped_for_a_link_after_the_look_is_not_followed(tmp_path):
    folder = tree(tmp_path / "x", **{f"{NAMES[0]}.py": ONE})
    (entry,) = submissions._walk(folder)
    (folder / f"{NAMES[0]}.py").unlink()
    os.symlink(SETS[1].solution, folder / f"{NAMES[0]}.py")
    assert entry.read is not None
    with pytest.raises(OSError):
        entry.read(100)
    (folder / f"{NAMES[0]}.py").unlink()
    os.mkfifo(folder / f"{NAMES[0]}.py")
    with pytest.raises(OSError):  # 沒有人寫的管線：不等
        entry.read(100)


def link_member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_a_zip_that_slips_out_writes_nothing(tmp_path):
    members: list[tuple[str | zipfile.ZipInfo, bytes]] = [
        ("../../ex01.py", ONE), ("/etc/ex02.py", TWO), ("C:\\\\ex03.py", ONE), ("a/../../ex04.py", ONE),
        (link_member("ex05.py"), b"/etc/passwd"), ("ok/ex06.py", SETS[5].solution.read_bytes()),
    ]  # fmt: skip
    before = sorted(tmp_path.rglob("*"))
    path = zipped(tmp_path / "slip.zip", *members)
    students = collect([path], SETS)
    assert [name for student in students for name in student.files] == ["ex06"]
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


def test_a_zip_bomb_is_read_only_up_to_the_limit(tmp_path, monkeypatch):
    asked = []
    member = submissions._member

    def counted(file, info, most):
        asked.append(most)
        return member(file, info, most)

    monkeypatch.setattr(submissions, "_member", counted)
    path = zipped(tmp_path / "bomb.zip", (f"a/{NAMES[0]}.py", b"#" * 50_000_000), ("b/ex02.py", TWO))
    bomb, honest = collect([path], SETS)
    assert len(bomb.files["ex01"]) == max(asked) < 400_000 and honest.files == {"ex02": TWO}


def test_a_zip_in_a_zip_is_opened_once_and_only_up_to_the_limit(tmp_path):
    data = ONE
    for _ in range(5):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("ex01.py", data)
            file.writestr("more.zip", data)
        data = inner.getvalue()
    huge = io.BytesIO()
    with zipfile.ZipFile(huge, "w") as file:
        file.writestr("ex01.py", b"#" * 100)
        file.writestr("big", bytes(submissions.MAX_INNER_ZIP + 10))
    members = [("a_1_1_x.zip", data), ("b_2_2_x.zip", huge.getvalue()), ("c_3_3_x.zip", b"PK not a zip")]
    students = collect([zipped(tmp_path / "x.zip", *members)], SETS)
    assert [len(student.files) for student in students] == [1, 0, 0]
    assert all("不是讀得到的 zip" in note for student in students[1:] for note in student.notes)


def test_a_member_with_a_password_or_a_broken_sum(tmp_path):
    path = zipped(tmp_path / "x.zip", ("a/ex01.py", ONE), ("b/ex02.py", TWO))
    data = bytearray(path.read_bytes())
    where = data.index(b"PK\x01\x02") + 16  # 中央目錄裡第一個檔案的 CRC
    data[where] ^= 255
    path.write_bytes(bytes(data))
    broken, honest = collect([path], SETS)
    assert not broken.files and "讀不到" in broken.notes[0] and honest.files == {"ex02": TWO}


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m紅", "\u202egnp", "", "x" * 500, "\ud800"])
def test_a_name_cannot_break_the_table(name):
    shown = clean(name)
    assert shown.isprintable() and 0 < len(shown) <= 80


@pytest.mark.parametrize(
    "make", [lambda p: p / "nothing", lambda p: tree(p, readme=b"x") / "readme", lambda p: p]
)
def test_nothing_to_grade_says_what_to_give(tmp_path, make):
    with pytest.raises(CourseError, match="請"):
        collect([make(tmp_path)], SETS)


# ---- 每個人都有一份 ----------------------------------------


def notes(students: list[Student]) -> dict[str, list[str]]:
    return {student.name: student.notes for student in students}


def test_everybody_in_a_moodle_zip_has_a_row(tmp_path):
    members = [
        (f"甲_1_assignsubmission_file_/{NAMES[0]}.py", ONE),
        (f"乙_2_assignsubmission_file_/{NAMES[0]}.ipynb", b"{}"),
        ("丙_3_assignsubmission_file_/作業.docx", b"PK"),
        ("丁_4_assignsubmission_onlinetext/onlinetext.html", b"<p>"),
    ]
    students = collect([zipped(tmp_path / "moodle.zip", *members)], SETS)
    assert who(students) == {"甲_1": ["ex01"], "乙_2": [], "丙_3": [], "丁_4": []}
    said = [student.notes for student in students]
    refused = [f"{NAMES[0]}.ipynb", "作業.docx", "onlinetext.html"]
    assert said == [[], *([f"交了 {name}，只收 .py"] for name in refused)]


def test_everybody_in_a_gradescope_or_canvas_zip_has_a_row(tmp_path):
    people = "".join(
        f"submission_{i}:\n  :submitters:\n  - :name: {name}\n" for i, name in enumerate("甲乙丙")
    )
    members = [
        ("a/submission_metadata.yml", people.encode()),
        ("a/submission_0/hw.ipynb", b"{}"),
        (f"a/submission_2/{NAMES[0]}.py", ONE),
        ("a/submission_2/submission_metadata.yml", b"submission_9:\n  :name: x\n"),
    ]
    students = collect([zipped(tmp_path / "gradescope.zip", *members)], SETS)
    assert notes(students) == {"甲": ["交了 hw.ipynb，只收 .py"], "乙": ["沒有交任何作答"], "丙": []}
    flat = [
        (f"a_1_1_{NAMES[0]}.py", ONE), ("b_LATE_2_2_hw.ipynb", b"{}"), ("c_3_text.html", b""),
        ("d_4_4_hw.zip", zipped(tmp_path / "in.zip", ("hw/a.ipynb", b"{}")).read_bytes()),
    ]  # fmt: skip
    students = collect([zipped(tmp_path / "canvas.zip", *flat)], SETS)
    assert [len(student.files) for student in students] == [1, 0, 0, 0]
    assert [student.name for student in students] == ["a_1", "b_2", "c_3", "d_4"]
    assert students[3].notes == ["交了 hw/a.ipynb，只收 .py"]


def test_everybody_in_a_class_folder_has_a_row_in_its_place(tmp_path):
    files = {
        f"a/{NAMES[0]}.py": ONE, "b/hw.ipynb": b"", f"c/{NAMES[0]}.py.txt": ONE, "d/EX01.PY": ONE,
        f"f/{NAMES[0]}.py": ONE, "f/EX02.ipynb": b"", "f/ex01.png": b"", "g/x.py": b"",
    }  # fmt: skip
    tree(tmp_path, **files)
    (tmp_path / "e").mkdir()
    assert notes(collect([tmp_path], SETS)) == {
        "a": [], "b": ["交了 hw.ipynb，只收 .py"], "c": [f"交了 {NAMES[0]}.py.txt，只收 .py"], "d": [],
        "e": ["沒有交任何作答"], "f": ["交了 EX02.ipynb，只收 .py"], "g": ["x.py：是空的，沒有收"],
    }  # fmt: skip


def test_what_lies_beside_the_answers_of_one_student_is_not_a_person(tmp_path):
    files = {f"{NAMES[0]}.py": ONE, "img/a.png": b"", "lib/tool.py": b"x", "readme.md": b""}
    (student,) = collect([tree(tmp_path / "wang", **files)], SETS)
    assert (student.name, student.notes) == ("wang", [])
    (tmp_path / "wang" / "nothing").mkdir()
    assert len(collect([tmp_path / "wang"], SETS)) == 1
    (tmp_path / "empty").mkdir()
    students = collect([tmp_path / "wang", tmp_path / "empty"], SETS)
    assert notes(students) == {"wang": [], "empty": ["沒有交任何作答"]}


def test_a_whole_course_handed_in_by_one_of_a_class(tmp_path):
    course = {
        f"exercises/{NAMES[0]}.py": ONE,
        "vae_from_scratch/__init__.py": b"",
        "vae_from_scratch/kl.py": b"x",
    }
    files = {f"甲/{name}": data for name, data in course.items()} | {
        "甲/book/__init__.py": b"",
        "甲/b/kl.py": b"x",
    }
    students = collect([tree(tmp_path, **files, **{f"乙/{NAMES[0]}.py": ONE})], SETS)
    assert who(students) == {"甲": ["ex01"], "乙": ["ex01"]} and notes(students) == {"甲": [], "乙": []}


def test_only_unusable_files_are_named(tmp_path):
    tree(tmp_path / "class", **{"甲/a.ipynb": b"", "乙/b.docx": b""})
    with pytest.raises(CourseError, match=r"沒有找到作答；裡面是 乙/b\.docx、甲/a\.ipynb，只收 \.py。"):
        collect([tmp_path / "class"], SETS)


def test_a_set_not_asked_for_is_not_a_stranger(tmp_path):
    files = {f"甲/{NAMES[0]}.py": ONE, f"甲/{NAMES[1]}.py": TWO, "乙/ex2.py": TWO, "乙/odd.py": b"x = 1"}
    files |= {f"丙/{NAMES[1]}.py": TWO, "丙/ex02.ipynb": b""}
    students = collect([tree(tmp_path, **files)], SETS[:1])
    assert who(students) == {"甲": ["ex01"], "乙": [], "丙": []}
    assert notes(students) == {"甲": [], "乙": ["odd.py：看不出是哪一組，沒有收"], "丙": []}


# ---- 好幾個人，或好幾個檔案 ----------------------------------------


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["B1101_ex01.py", "B1102_ex01.py", "B1103_hw1_ex02.py"], ["B1101", "B1102", "B1103"]),
        ([f"{NAMES[0]}_B1101.py", f"{NAMES[0]}_B1102.py"], ["B1101", "B1102"]),
        (["B1101.zip", "B1102_hw1.zip"], ["B1101", "B1102"]),
        (
            ["A班/甲/ex01.py", "A班/乙/ex01.py", "B班/丙/ex01.py", "B班/丁/ex01.py", "B班/戊/x.ipynb"],
            ["A班/乙", "A班/甲", "B班/丁", "B班/丙", "B班/戊"],
        ),
        (["A/1_ex01.py", "A/2_ex01.py", "B/3_ex01.py", "B/4_ex01.py"], ["A/1", "A/2", "B/3", "B/4"]),
    ],
)  # fmt: skip
def test_several_people_under_one_name_are_taken_apart(tmp_path, files, names):
    inner = zipped(tmp_path / "x.zip", ("ex01.py", ONE)).read_bytes()
    folder = tree(tmp_path / "x", **{name: inner if name.endswith("zip") else ONE for name in files})
    students = collect([folder], SETS)
    assert [student.name for student in students] == names
    assert all(student.files == {"ex01": ONE} for student in students if "戊" not in student.name)


@pytest.mark.parametrize(
    "files",
    [
        ["B1101_ex01.py", "B1102_ex01.py", "ex01.py"],
        ["B1101_ex01.py", "B1102_ex01.py", "hw.ipynb"],
        ["班級A/甲/ex01.py", "班級A/乙/ex01.py", "丙/ex01.py"],
        ["班級A/甲/ex01.py", "班級A/乙/ex01.py", "班級B/甲/ex01.py", "班級B/丙/ex01.py"],
    ],
)  # fmt: skip
def test_where_people_cannot_be_told_apart_nothing_is_graded(tmp_path, files):
    folder = tree(tmp_path / "x", **dict.fromkeys(files, ONE))
    with pytest.raises(CourseError, match=r"分不出是幾個人：.*一人放一個資料夾"):
        collect([folder], SETS)
    assert len(collect([folder], SETS, one=True)) == 1  # 平台交來的一份就是一個人


def test_several_versions_of_one_student_stay_one_student(tmp_path):
    files = {"甲/v1/ex01.py": b"1", "甲/v2/ex01.py": b"2", "乙/ex01.py": b"3", "乙/備份/ex01.py": b"4"}
    files |= {"丙/hw1/ex01.py": ONE, "丙/hw2/ex02.py": TWO, "丁/my_ex01.py": b"5", "丁/ex01_final.py": b"6"}
    students = {student.name: student for student in collect([tree(tmp_path, **files)], SETS)}
    assert who(list(students.values())) == {
        "甲": ["ex01"],
        "乙": ["ex01"],
        "丙": ["ex01", "ex02"],
        "丁": ["ex01"],
    }
    assert students["乙"].notes == ["ex01 交了好幾個檔案，用的是 ex01.py，沒有用 備份/ex01.py"]
    assert students["丙"].notes == [] and len(students["甲"].notes) == 1


def test_the_blank_exercise_does_not_beat_the_answer(tmp_path):
    blank = SETS[0].exercise.read_bytes()
    for answer, other in (("{} (1).py", "{}.py"), ("{}.py", "{} (1).py"), ("my-{}.py", "{}-7.py")):
        folder = tmp_path / answer.format("a")
        tree(folder, **{answer.format(NAMES[0]): ONE, other.format(NAMES[0]): b"# me\n" + blank})
        (student,) = collect([folder], SETS)
        assert student.files == {"ex01": ONE}
        (note,) = student.notes
        assert f"用的是 {answer.format(NAMES[0])}，沒有用 {other.format(NAMES[0])}" in note
    newer = {f"{NAMES[0]}.py": b"# old\n" + ONE, f"{NAMES[0]} (1).py": ONE}
    (student,) = collect([tree(tmp_path / "newer", **newer)], SETS)
    assert student.files == {"ex01": ONE}
    (student,) = collect([tree(tmp_path / "blank", **{f"{NAMES[0]}.py": blank})], SETS)
    assert student.files == {"ex01": blank}


def test_the_functions_tell_the_set_of_a_misnamed_file(tmp_path):
    three = SETS[2].solution.read_bytes()
    (student,) = collect([tree(tmp_path / "x", **{"ch3_ex2.py": three, "ex01.py": ONE})], SETS)
    assert student.files == {"ex03": three, "ex01": ONE}
    assert student.notes == ["ch3_ex2.py：裡面是 ex03 的函式，當成 ex03 收"]
    helped = TWO + b"\ndef variance(x): return x\n\ndef log_variance(x): return x\n"
    (student,) = collect([tree(tmp_path / "y", **{"ex02.py": helped})], SETS)
    assert student.files == {"ex02": helped} and student.notes == []


@pytest.mark.parametrize("keep", [0.9, 0.5, 0.1])
def test_a_truncated_zip_is_said_to_be_incomplete(tmp_path, keep):
    path = zipped(tmp_path / "class.zip", ("甲/ex01.py", ONE), ("乙/ex02.py", TWO))
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(CourseError, match="不是完整的 zip，多半是下載到一半"):
        collect([path], SETS)
