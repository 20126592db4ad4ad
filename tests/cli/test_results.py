"""結果的資料夾：全部寫完才出現；失敗、中斷、已有東西時，原來的一個位元組都不動。"""

import pytest

from vae_from_scratch.cli.results import results_folder


def write(out, text="新的", force=False):
    with results_folder(out, force) as folder:
        (folder / "a.txt").write_text(text)


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def test_results_appear_when_all_is_written(tmp_path):
    with results_folder(tmp_path / "深" / "一層") as folder:
        (folder / "a.txt").write_text("新的")
        assert not (tmp_path / "深" / "一層").exists()
    assert everything(tmp_path) == {"深/一層/a.txt": "新的"}


def test_a_failure_leaves_nothing_behind(tmp_path):
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), results_folder(tmp_path / "out") as folder:
            (folder / "a.txt").write_text("一半")
            raise error
        assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out")
    assert everything(tmp_path / "out") == {"a.txt": "新的"}


def test_a_folder_with_something_in_it_is_refused_untouched(tmp_path):
    (tmp_path / "a.txt").write_text("別人的")
    with pytest.raises(ValueError, match="--force"):
        write(tmp_path)
    assert everything(tmp_path) == {"a.txt": "別人的"}


def test_force_replaces_files_of_the_same_name_and_keeps_the_others(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.txt").write_text("舊的")
    (out / "筆記.txt").write_text("我的")
    write(out, force=True)
    assert everything(out) == {"a.txt": "新的", "筆記.txt": "我的"}


def test_something_that_arrives_while_we_work_is_not_overwritten(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(ValueError, match="已經有東西"), results_folder(out) as folder:
        (folder / "a.txt").write_text("新的")
        out.mkdir()
        (out / "a.txt").write_text("別人剛放的")
    assert everything(tmp_path) == {"out/a.txt": "別人剛放的"}


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_folder_without_a_name_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="--out"):
        write(name)


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "out").write_text("我是檔案")
    with pytest.raises(ValueError, match="是一個檔案"):
        write(tmp_path / "out", force=True)
    assert everything(tmp_path) == {"out": "我是檔案"}
