"""命令列：``python -m vae_from_scratch 命令 …``，一個命令一個檔案。

每個命令的模組有 ``SUMMARY``（一句話）、``add_arguments(parser)``、``run(args)``（傳回結束碼），可另有
``USAGE``。要加命令，就在這個資料夾加一個檔案，把名字寫進 ``COMMANDS``。使用者的錯誤一律引發 ``ValueError``，
在這裡變成一句話與結束碼 2；命令的模組不必自己處理。
"""

import errno
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from .. import __version__
from .arguments import ChineseParser, in_chinese

COMMANDS = (
    "housing", "fit", "encode", "score", "impute", "generate",
    "study", "bench", "exercises", "watch", "grade", "notebooks",
)  # fmt: skip
PROGRAM = "python -m vae_from_scratch"
REASONS = {
    errno.EACCES: "沒有權限",
    errno.EPERM: "沒有權限",
    errno.EROFS: "這個磁碟只能讀",
    errno.ENOENT: "找不到",
    errno.EEXIST: "已經存在",
    errno.ENOTDIR: "路徑中有一段不是資料夾",
    errno.EISDIR: "是資料夾，不是檔案",
    errno.ENOSPC: "磁碟空間不足",
    errno.ENAMETOOLONG: "名字太長",
}
#: 套件本身用不到、選用時才要裝的，各在哪一個 extra。
EXTRAS = {
    "tensorflow": "tensorflow", "keras": "tensorflow", "numba": "fast",
    "dask": "cluster", "distributed": "cluster",
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """執行命令，傳回結束碼：0 成功，2 輸入有誤，130 被使用者中斷。"""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _tolerate_narrow_encodings()
    # TensorFlow 的 C++ 部分會往 stderr 寫幾十行紀錄，把要看的訊息淹沒；只留錯誤。
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with in_chinese():
            args, unknown = _parser(arguments).parse_known_args(arguments)
            if unknown:
                _refuse(unknown, args.command)
        return int(args.run(args) or 0)
    except BrokenPipeError:
        # 讀的那一頭先關了（例如接到 head）；把輸出接到別處，Python 結束時才不會再抱怨一次。
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _complain("已中斷，沒有寫出任何結果。", 130)
    except (ValueError, FloatingPointError) as error:
        return _complain(f"錯誤：{error}", 2)
    except ModuleNotFoundError as error:
        return _complain(f"錯誤：{_how_to_install(error)}", 2)
    except OSError as error:
        reason = REASONS.get(error.errno or 0, error.strerror)
        where = _without_partial(error.filename)
        return _complain(f"錯誤：檔案讀寫失敗，{where}：{reason}。請檢查路徑、權限與磁碟空間。", 2)


def _parser(arguments: Sequence[str]) -> ChineseParser:
    parser = ChineseParser(prog=PROGRAM, description="從零開始的變分自編碼器：在命令列訓練與使用模型。")
    parser.add_argument("--version", action="version", version=f"vae-from-scratch {__version__}")
    commands = parser.add_subparsers(title="命令", metavar="命令", required=True)
    # 只載入要執行的那一個命令：全部載入要多等四分之一秒
    for name in arguments[:1] if arguments[:1] and arguments[0] in COMMANDS else COMMANDS:
        command = import_module(f".{name.replace('-', '_')}", __name__)
        usage = f"{PROGRAM} {name} {getattr(command, 'USAGE', '[選項 …]')}"
        child = commands.add_parser(name, usage=usage, help=command.SUMMARY, description=command.SUMMARY)
        command.add_arguments(child)
        child.set_defaults(run=command.run, command=child)
    _check_command(parser, arguments)
    return parser


def _check_command(parser: ChineseParser, arguments: Sequence[str]) -> None:
    """沒有命令就印出說明；打錯就猜一個最像的。"""
    if not arguments:
        parser.print_help(sys.stderr)
        parser.exit(2)
    name = arguments[0]
    if name.startswith("-") or name in COMMANDS:
        return
    close = get_close_matches(name, COMMANDS, n=1)
    guess = f"是不是 {close[0]}？" if close else ""
    parser.error(f"沒有「{name}」這個命令；{guess}可用的命令是 {'、'.join(COMMANDS)}")


def _refuse(unknown: Sequence[str], command: ChineseParser) -> NoReturn:
    """不認得的引數：由那個命令自己說，猜一個最像的選項。"""
    options = [name for action in command._actions for name in action.option_strings]
    close = get_close_matches(unknown[0].partition("=")[0], options, n=1, cutoff=0.75)
    command.error("不認得的引數：" + " ".join(unknown) + (f"（是不是 {close[0]}？）" if close else ""))


def _without_partial(name: str | None) -> str:
    """寫到一半用的暫存名字（``.名字.亂數.tmp``）換成它的資料夾：使用者沒有寫過那個名字。

    >>> _without_partial("runs/.表.csv.922d.tmp"), _without_partial("表.csv")
    ('runs', '表.csv')
    """
    path = Path(str(name))
    return str(path.parent if path.name.startswith(".") and path.suffix in (".tmp", ".partial") else path)


def _how_to_install(error: ModuleNotFoundError) -> str:
    name = (error.name or "").partition(".")[0]
    if name in ("", "vae_from_scratch"):
        raise error  # 那是本套件的錯，不是讀者少裝了什麼
    package = f'"vae-from-scratch[{EXTRAS[name]}]"' if name in EXTRAS else name
    return (
        f"這個命令需要 {name}，但是沒有安裝。在課程的資料夾執行 make install（或 python make.py install）；"
        f"不在課程的資料夾，就執行 pip install {package}。"
    )


def _complain(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code


def _tolerate_narrow_encodings() -> None:
    # 舊的 Windows 主控台印不出 σ² 這類字；換成問號好過整個停下。
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
