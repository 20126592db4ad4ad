"""``fit``：各欄報告、研究、檔案；每一種壞的輸入一句中文、結束碼 2，什麼都不寫。"""

import json
import re

import numpy as np
import pytest

from vae_from_scratch.cli import fit_summary, main
from vae_from_scratch.tables import finals, result
from vae_from_scratch.tables.columns import Column
from vae_from_scratch.tables.saved import SavedModel

N_ROWS = 60


def content(n_rows=N_ROWS, **changed):
    """欄 → 各列的值；三欄由同一個群決定。"""
    rng = np.random.default_rng(0)
    group = rng.integers(2, size=n_rows)
    columns = {
        "形": [("圓", "方")[g] for g in group],
        "色": [("紅", "藍")[g] if r else "" for g, r in zip(group, rng.random(n_rows) > 0.1, strict=True)],
        "碼": [str(g + row % 2) for row, g in enumerate(group)],
        "價": [f"{10 + 5 * g + row / 100:.2f}" for row, g in enumerate(group)],
    }
    return columns | {name: values(n_rows) for name, values in changed.items()}


def csv_text(columns):
    rows = zip(*columns.values(), strict=True)
    return "\n".join([",".join(columns), *(",".join(row) for row in rows)]) + "\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "表.csv"
    path.write_text(csv_text(content()), encoding="utf-8")
    return path


def fit(*arguments):
    quick = ("--epochs", "2", "--seeds", "2", "--jobs", "1", "--quiet")
    return main(["fit", *quick, *map(str, arguments)])


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def no_files(monkeypatch):
    """不畫圖、不寫報告：只看訊息的測試用不到，卻要一秒。"""
    monkeypatch.setattr(result, "write", lambda folder, fit: (folder / "fit.json").write_text("{}"))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    (folder / "表.csv").write_text(csv_text(content()), encoding="utf-8")
    assert fit(folder / "表.csv", "--target", "價", "--out", folder / "out") == 0
    return folder


def test_every_promised_file_is_there(results):
    assert sorted(path.name for path in (results / "out").iterdir()) == sorted(result.FILES)


def test_the_same_seed_writes_the_same_bytes(results, tmp_path):
    assert fit(results / "表.csv", "--target", "價", "--out", tmp_path / "又一次") == 0
    assert everything(tmp_path / "又一次") == everything(results / "out")


def test_another_seed_gives_another_result(file, tmp_path, no_drawing):
    for seed in (0, 5):
        assert fit(file, "--target", "價", "--seed", seed, "--out", tmp_path / str(seed)) == 0
    one, other = everything(tmp_path / "0"), everything(tmp_path / "5")
    assert all(other[name] != one[name] for name in ("model.npz", "seeds.csv", "report.html"))


def test_the_schema_report_comes_first_and_names_every_column(file, tmp_path, capsys, no_files):
    assert fit(file, "--out", tmp_path / "out", "--target", "價") == 0
    printed = capsys.readouterr().out
    report = printed[: printed.index("nats")]
    assert report.startswith("4 欄，用其中 3 欄")
    assert re.search(r"✓ 形 +類別 +2 +0 +[圓方]（\d\d%） +文字", report)
    assert re.search(r"✓ 碼 +等級 +3 +0 .*仍當數字", report) and re.search(r"· 價 .*目標", report)


@pytest.mark.parametrize("likelihood", ["categorical", "bernoulli"])
def test_a_likelihood_of_categories_leaves_the_numbers_out_and_says_so(
    file, tmp_path, capsys, no_files, likelihood
):
    assert fit(file, "--out", tmp_path / "out", "--target", "價", "--likelihood", likelihood) == 0
    report = capsys.readouterr().out
    assert report.startswith("4 欄，用其中 2 欄") and re.search(r"· 碼 +等級 +3 +0 .*看起來是數字", report)


def test_the_summary_prints_what_was_measured(results, tmp_path, capsys, no_files):
    fit(results / "表.csv", "--target", "價", "--out", tmp_path / "out")
    printed = capsys.readouterr().out
    found = json.loads((results / "out" / "fit.json").read_text(encoding="utf-8"))["results"]
    for name in ("marginal_nats", "gain", "score_vae", "score_shuffled"):
        assert f"{np.mean([row[name] for row in found]):.3f}".replace("-", "−") in printed, name
    assert "encode" in printed and "generate" in printed


def test_a_wide_table_is_not_listed_to_the_end():
    """用了的只列前面的；不用的一欄也不省。"""
    columns = [Column(f"欄{n}", n % 10 != 9, "理由", 2, "甲", 0.5, 0, "category") for n in range(60)]
    report = fit_summary.column_report(columns)
    assert report.count("✓ 欄") == fit_summary.MOST_KEPT and report.count("· 欄") == 6
    assert "✓ 其餘 34 欄也用（類別 34）" in report and len(report.splitlines()) == 2 + 20 + 6 + 1
    assert "其餘" not in fit_summary.column_report(columns[:40])


def test_progress_is_shown_on_stderr(file, tmp_path, capsys, no_files):
    main(["fit", str(file), "--epochs", "1", "--seeds", "1", "--jobs", "1", "--out", str(tmp_path / "out")])
    assert "訓練" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ("--likelihood", "bernoulli", "--missing", "level"),
        ("--latent-dim", "1", "--also", "碼", "--drop", "價", "--target", "形"),
        ("--latent-dim", "3", "--columns", "色", "碼"),
    ],
)
def test_the_options_are_used(file, tmp_path, no_drawing, options):
    assert fit(file, "--seeds", "1", "--out", tmp_path / "out", *options) == 0
    plane = SavedModel.load(tmp_path / "out").plane
    assert plane.schema_.columns_ == (("形", "色") if options[0] == "--likelihood" else ("色", "碼"))
    assert ("無" in plane.schema_.levels("色")) is ("level" in options)
    assert plane.latent_dim == (int(options[1]) if options[0] == "--latent-dim" else 2)


def test_gaps_that_may_mean_none_are_pointed_out(tmp_path, capsys, no_files):
    sparse = csv_text(content(色=lambda n: ["紅", "", "", "藍"] * (n // 4)))
    (tmp_path / "表.csv").write_text(sparse, encoding="utf-8")
    fit(tmp_path / "表.csv", "--seeds", "1", "--out", tmp_path / "out")
    assert "「色」空白是「沒有」：空白占 50.0%（30 格）" in capsys.readouterr().out
    unknown = csv_text(content(色=lambda n: ["紅", "藍", "藍", "藍", "", "紅"] * (n // 6)))
    (tmp_path / "不知道.csv").write_text(unknown, encoding="utf-8")
    fit(tmp_path / "不知道.csv", "--seeds", "1", "--out", tmp_path / "不知道")
    assert "不知道，仍是缺失：色（10 格）。" in capsys.readouterr().out
    fit(tmp_path / "表.csv", "--seeds", "1", "--out", tmp_path / "level", "--missing", "zeros")
    assert "空白是" not in capsys.readouterr().out


def test_the_default_folder_is_named_after_the_file(file, tmp_path, monkeypatch, no_files):
    monkeypatch.chdir(tmp_path)
    assert fit(file, "--seeds", "1") == 0
    assert (tmp_path / "runs" / "表" / "fit.json").is_file()


def test_a_target_with_gaps_can_be_skipped(tmp_path, no_files):
    text = csv_text(content(價=lambda n: ["" if row % 9 == 0 else f"{row}.5" for row in range(n)]))
    (tmp_path / "表.csv").write_text(text, encoding="utf-8")
    options = ("--target", "價", "--seeds", "1", "--out", tmp_path / "out")
    assert fit(tmp_path / "表.csv", *options) == 2
    assert fit(tmp_path / "表.csv", *options, "--skip-target-gaps") == 0


# ---- 錯誤 ----------------------------------------


def ordinary(**changed):
    return csv_text(content(**changed)).encode()


FILES = {
    "空的": b"",
    "只有表頭": "形,色\n".encode(),
    "太少": "形,色\n圓,紅\n方,藍\n".encode(),
    "重複": "形,形\n".encode() + "圓,紅\n".encode() * 30,
    "Big5": csv_text(content()).encode("big5"),
    "UTF-16": csv_text(content()).encode("utf-16"),
    "Excel": b"PK\x03\x04\x14\x00\x06\x00",
    "短列": ordinary() + b"1\n",
    "分號": ordinary().replace(b",", b";"),
    "全是數字": b"a,b\n" + b"".join(b"%d,%d\n" % (n, n % 3) for n in range(60)),
    "一個水準": "形,色\n".encode() + "圓,紅\n".encode() * 60,
    "全缺": "形,色\n".encode() + b",NA\n" * 60,
    "十萬個水準": "形\n".encode() + b"".join(b"n%d\n" % n for n in range(100_000)),
    "好的": ordinary(),
    "目標有空": ordinary(價=lambda n: [""] + ["1.5", "2.5"] * (n // 2 - 1) + ["3"]),
    "目標不變": ordinary(價=lambda n: ["7"] * n),
    "目標像姓名": ordinary(價=lambda n: [f"王{row}" for row in range(n)]),
    "目標幾乎全空": ordinary(價=lambda n: [""] * (n - 3) + ["1", "2", "3"]),
    "多水準": ordinary(多=lambda n: [f"l{row}" for row in range(n)]).replace(b"l", b"l"),
}


@pytest.mark.parametrize(
    "name, arguments, message",
    [
        ("空的", [], "是空的"),
        ("好的", ["--epochs", "0"], "引數 --epochs 是 0；請給 1 以上的整數"),
        ("好的", ["--beta", "-1"], "引數 --beta 是 -1"),
        ("只有表頭", [], "只有表頭"),
        ("太少", [], "只有 2 列資料；至少要 20 列"),
        ("重複", [], "重複的欄名：形"),
        ("Excel", [], "Excel"),
        ("短列", [], "有 1 欄，表頭卻有 4 欄"),
        ("全是數字", ["--likelihood", "categorical"], "沒有一欄可以當類別變數.*--also"),
        ("一個水準", [], "沒有一欄可以學.*只有一個水準"),
        ("全缺", [], "沒有一欄可以學.*整欄都是缺失"),
        ("十萬個水準", [], "「形」幾乎每一格都不同，像是編號或名字"),
        ("十萬個水準", ["--columns", "形"], "--columns 的「形」不能用：有 100,000 個水準"),
        ("目標有空", ["--target", "價"], "有 1 列是空的.*--skip-target-gaps"),
        ("目標不變", ["--target", "價"], "只有一個值「7」"),
        ("目標像姓名", ["--target", "價"], "60 種不同的值"),
        ("目標幾乎全空", ["--target", "價"], "只有 3 列有值"),
        ("好的", ["--target", "价"], "--target 的「价」不在檔案裡"),
        ("好的", ["--target", "價", "--columns", "形", "價"], "同時是 --target 與 --columns"),
        ("好的", ["--columns", "形", "形"], "寫了兩次"),
        ("好的", ["--columns", "形狀"], "--columns 的「形狀」不在檔案裡"),
        ("好的", ["--also", "形狀"], "--also 的「形狀」"),
        ("好的", ["--log-target"], "--target"),
        ("好的", ["--likelihood", "gaussian"], "gaussian.*請用 mixed"),
        ("好的", ["--likelihood", "poisson"], "poisson.*categorical、bernoulli"),
        ("好的", ["--kind", "價=日期"], "--kind 說「價」是日期，第 1 列資料卻是"),
        ("好的", ["--kind", "價=金額"], "--kind 的種類「金額」認不得"),
        ("好的", ["--kind", "价=數字"], "--kind 的「价」不在檔案裡"),
        ("好的", ["--kind", "價"], "欄=種類"),
        ("好的", ["--kind", "價=數字", "價=類別"], "既是數字又是類別"),
        ("好的", ["--kind"], "--kind：後面至少要接一個值"),
        ("好的", ["--na"], "--na：後面至少要接一個值"),
        ("好的", ["--na", "待查", "--keep-na", "待查"], "同時寫在 --na 與 --keep-na"),
        ("好的", ["--keep-na", "圓"], "--keep-na 的「圓」本來就不當作缺失"),
        ("好的", ["--na", "圓", "方", "--columns", "形"], "--columns 的「形」不能用：整欄都是缺失"),
        ("好的", ["--dims", "0"], "--dims：收到「0」，請給用逗號分開的正整數"),
        ("好的", ["--dims", "1,兩"], "--dims：收到「1,兩」"),
        ("好的", ["--dims", "2"], "--dims 比的是.*--target"),
        ("好的", ["--dims", "1,9", "--target", "價"], "--dims 是 9，資料展開後卻只有 5 欄"),
        ("好的", ["--generator-dim", "0"], "--generator-dim 是 0"),
        ("好的", ["--generator-dim", "九"], "--generator-dim：收到「九」"),
        ("好的", ["--generator-dim", "9"], "--generator-dim 是 9，資料展開後卻只有 6 欄"),
        ("好的", ["--missing", "mode"], "--missing.*zeros、level"),
        ("好的", ["--seeds", "0"], "--seeds 是 0"),
        ("好的", ["--seeds", "兩個"], "--seeds：收到「兩個」"),
        ("好的", ["--seed", "-1"], "--seed 是 -1"),
        ("好的", ["--jobs", "0"], "--jobs 是 0"),
        ("好的", ["--latent-dim", "0"], "引數 --latent-dim 是"),
        ("好的", ["--latent-dim", "9"], "--latent-dim 是 9，資料展開後卻只有 6 欄"),
        ("好的", ["--epochs", "0"], "epochs"),
        ("好的", ["--warmup-epochs", "-1"], "引數 --warmup-epochs 是"),
        ("好的", ["--batch-size", "0"], "引數 --batch-size 是"),
        ("好的", ["--learning-rate", "0"], "引數 --learning-rate 是"),
        ("好的", ["--beta", "nan"], "beta"),
        ("好的", ["--colour", "紅"], "不認得的引數：--colour"),
    ],
)
def test_bad_input_is_one_message_and_code_2(tmp_path, monkeypatch, capsys, name, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "表.csv").write_bytes(FILES[name])
    try:
        code = fit("表.csv", *arguments)
    except SystemExit as stopped:
        code = stopped.code
    output = capsys.readouterr()
    assert code == 2 and output.out == ""
    assert re.search(message, output.err) and output.err.startswith("錯誤：")
    assert "Traceback" not in output.err
    assert [path.name for path in tmp_path.iterdir()] == ["表.csv"], "什麼都沒有寫"


@pytest.mark.parametrize("name, said", [("Big5", "文字編碼"), ("UTF-16", "文字編碼"), ("分號", "欄的分隔")])
def test_other_ways_of_writing_a_table_are_read_and_said(tmp_path, capsys, no_files, name, said):
    (tmp_path / "表.csv").write_bytes(FILES[name])
    assert fit(tmp_path / "表.csv", "--seeds", "1", "--out", tmp_path / "out") == 0
    printed = capsys.readouterr().out
    assert "讀檔時改了 1 項" in printed and said in printed and "✓ 形" in printed


def test_the_sample_that_ships_can_be_named_instead_of_a_file(tmp_path, monkeypatch, capsys, no_files):
    monkeypatch.chdir(tmp_path)
    assert fit("實價登錄", "--target", "總價元", "--log-target", "--seeds", "1") == 0
    printed = capsys.readouterr().out
    assert "500 列" in printed and "略過第二行表頭" in printed and "1130718 → 2024-07-18" in printed
    assert (tmp_path / "runs" / "實價登錄" / "fit.json").is_file()


def test_the_good_file_of_the_list_of_mistakes_is_good(tmp_path, no_files):
    """對照組：上面的錯誤來自引數，不是檔案本來就壞。"""
    (tmp_path / "表.csv").write_bytes(FILES["好的"])
    assert fit(tmp_path / "表.csv", "--seeds", "1", "--out", tmp_path / "out") == 0


@pytest.mark.parametrize("where", ["沒有.csv", "."])
def test_a_missing_file_or_a_folder_is_refused(tmp_path, capsys, where):
    assert fit(tmp_path / where, "--out", tmp_path / "out") == 2
    assert re.search("找不到檔案|是資料夾", capsys.readouterr().err)


@pytest.mark.parametrize(
    "option", [("--na", "待查"), ("--keep-na", "NA"), ("--as-is",), ("--kind", "a=數字")]
)
def test_the_houses_do_not_take_the_options_of_reading(tmp_path, capsys, option):
    assert fit("ames", *option, "--out", tmp_path / "out") == 2
    assert f"引數 {option[0]} 是讀檔案用的" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_target_that_is_already_in_the_table_is_said_before_training(tmp_path, capsys, no_files):
    text = csv_text(content(坪=lambda n: [f"{20 + 7 * row % 61 + row / 8}" for row in range(n)]))
    lines = [line.split(",") for line in text.splitlines()]
    total = ["總", *(f"{float(line[3]) * float(line[4])}" for line in lines[1:])]
    rows = [[*line, one] for line, one in zip(lines, total, strict=True)]
    (tmp_path / "表.csv").write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    quick = ("--seeds", "1", "--dims", "none", "--out", tmp_path / "out")
    assert fit(tmp_path / "表.csv", "--target", "總", *quick) == 0
    printed = capsys.readouterr().out
    assert "\n注意：「價」×「坪」幾乎就是目標「總」" in printed[: printed.index("nats")]


def test_a_diverging_training_writes_nothing(file, tmp_path, capsys):
    assert fit(file, "--seeds", "1", "--learning-rate", "1e9", "--out", tmp_path / "out") == 2
    assert "learning_rate" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_an_earlier_result_is_not_overwritten_without_force(file, tmp_path, capsys, no_drawing):
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("舊的")
    (out / "筆記.txt").write_text("我的")
    assert fit(file, "--out", out) == 2
    assert "--force" in capsys.readouterr().err
    assert everything(out) == {"report.html": "舊的".encode(), "筆記.txt": "我的".encode()}
    assert fit(file, "--out", out, "--force", "--seeds", "1") == 0
    assert (out / "筆記.txt").read_text() == "我的" and "<html" in (out / "report.html").read_text("utf-8")


def test_a_folder_that_cannot_be_made_is_explained(file, tmp_path, capsys):
    (tmp_path / "檔案").write_text("x")
    assert fit(file, "--out", tmp_path / "檔案" / "out") == 2
    assert "檔案讀寫失敗" in capsys.readouterr().err


@pytest.mark.parametrize("module, name", [(finals, "run_seed"), (finals, "run_part"), (result, "write")])
def test_an_interrupted_fit_leaves_nothing(file, tmp_path, monkeypatch, capsys, module, name):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, interrupted)
    assert fit(file, "--seeds", "1", "--out", tmp_path / "out") == 130
    assert "已中斷" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["表.csv"]


def test_names_with_control_characters_do_not_reach_the_terminal(tmp_path, capsys, no_files):
    columns = content()
    columns["\x1b[31m紅字"] = columns.pop("形")
    (tmp_path / "表.csv").write_text(csv_text(columns), encoding="utf-8")
    assert fit(tmp_path / "表.csv", "--seeds", "1", "--out", tmp_path / "out") == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "[31m紅字" in printed


def test_the_made_up_table_says_so_before_it_is_trained(capsys, monkeypatch, tmp_path):
    def stop(*arguments):
        raise ValueError("到這裡就好")

    monkeypatch.setattr("vae_from_scratch.cli.fit._train", stop)
    monkeypatch.chdir(tmp_path)
    assert fit("實價登錄") == 2 and "注意：這份「實價登錄」是虛構的" in capsys.readouterr().out
    (tmp_path / "實價登錄").write_text(csv_text(content()), encoding="utf-8")
    assert fit("./實價登錄") == 2 and "虛構" not in capsys.readouterr().out
