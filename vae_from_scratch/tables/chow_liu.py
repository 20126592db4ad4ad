r"""Chow–Liu 樹：每一欄最多只看另外一欄，整張表的關聯是一棵樹；不用神經網路的對照。

.. math:: p(x) = \prod_v p(x_v \mid x_{\text{parent}(v)})

在這種分布裡，概似最大的樹是「互資訊的總和最大的生成樹」（Chow & Liu, 1968）。類別照原樣；數字先依分位數分箱，
樹接的是箱，箱裡再乘上一個密度（``bins.Bins``），所以整個 p(x) 是真的機率密度，單位與模型相同（nats，
數字以標準差為單位）。缺失的格子由訊息傳遞（message passing）精確地加總掉。

數字的密度形狀是自由的，不像常態；所以與 VAE 相比時，差距有一部分是單一一欄的形狀。``unlinked`` 給出同樣的
密度、一條邊也沒有的樹：兩者的差才是邊的功勞。
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..groups import Groups
from .bins import Bins
from .coded import Coded, CodedTable, Slot, blocks, evenly, slots, take
from .independent import zeros_hidden

#: 條件機率往獨立的比例靠攏，份量是這麼多列（Friedman, Geiger & Goldszmidt, 1997 的平滑）。
SHRINKAGE = 5.0
#: 最多學這麼多列（平均取）；再多，樹與機率都幾乎不變。
MOST_LEARNT = 200_000


@dataclass(frozen=True, eq=False)
class ChowLiu:
    """學好的樹。節點依序是 V 個類別變數、M 個數字。

    ``order``：由根往下的節點；``parents`` (V + M,)：父節點，−1 是根；``tables``：根是機率 (K,)，
    別的是條件機率 (父的 K, K)。``bins``：各個數字的箱。``spiked``：有尖峰的數字，見 ``coded``。
    """

    groups: tuple[int, ...]
    bins: tuple[Bins, ...]
    order: NDArray
    parents: NDArray
    tables: tuple[NDArray, ...]
    spiked: tuple[int, ...] = ()

    @classmethod
    def fit(
        cls,
        table: Coded,
        spiked: Sequence[int] = (),
        pseudo_count: float = 0.5,
        edges: Sequence[tuple[int, int]] | None = None,
    ) -> "ChowLiu":
        """由訓練的列學。給了 ``edges``（一對一對的節點，不能成圈），就用這些邊，不用學的。"""
        if len(table.codes) > MOST_LEARNT:
            table = take(table, evenly(len(table.codes), MOST_LEARNT))
        bins = tuple(Bins.fit(values, pseudo_count=pseudo_count) for values in table.numbers.T)
        sizes = Groups((*table.groups, *(len(one) for one in bins)))
        pairs = _pair_counts(table, bins, sizes)
        order, parents = _rooted(_strongest(pairs, sizes) if edges is None else edges, len(sizes))
        tables = tuple(
            _table(pairs, sizes, node, int(parent), pseudo_count) for node, parent in enumerate(parents)
        )
        return cls(tuple(table.groups), bins, order, parents, tables, tuple(spiked))

    @property
    def edges(self) -> list[tuple[int, int]]:
        """樹的邊，小的節點在前。"""
        pairs = [(int(parent), node) for node, parent in enumerate(self.parents) if parent >= 0]
        return sorted((min(pair), max(pair)) for pair in pairs)

    def unlinked(self, table: Coded, pseudo_count: float = 0.5) -> "ChowLiu":
        """同樣的箱與密度，一條邊也沒有：各欄獨立；``table`` 是同一份訓練的列。"""
        return ChowLiu.fit(table, self.spiked, pseudo_count, edges=())

    # ---- 密度 ----------------------------------------

    def log_prob(self, table: Coded) -> NDArray:
        """每列的 log p(x) (N,)，單位 nats；缺失的格子不算，而且是精確地加總掉的。"""
        return np.concatenate([self._log_prob(part) for part in blocks(table)])

    def _log_prob(self, table: Coded) -> NDArray:
        evidence = self._evidence(table)
        total, _ = self._upward(evidence)
        numbers = [one.log_density(values) for one, values in zip(self.bins, table.numbers.T, strict=True)]
        return total + sum(numbers, np.zeros(len(total)))

    def _evidence(self, table: Coded) -> list[NDArray]:
        """每個節點一個 (n, K)：觀察到的狀態是 1，缺失的整列是 1。"""
        states = _states(table, self.bins)
        sizes = (*self.groups, *(len(one) for one in self.bins))
        # 單位矩陣多一列 1：狀態 −1（缺失）取到它。
        indicators = [np.vstack([np.eye(size), np.ones(size)]) for size in sizes]
        return [rows[column] for rows, column in zip(indicators, states.T, strict=True)]

    def _upward(self, evidence: Sequence[NDArray]) -> tuple[NDArray, list[NDArray]]:
        """由葉往根：log p(觀察到的) (n,)，與每個節點「自己這一支」給父節點的訊息 (n, 父的 K)。

        訊息每傳一次就除以最大的值、把它的對數記在總和裡，再多欄也不會變成 0。
        """
        beliefs, total = [one.copy() for one in evidence], np.zeros(len(evidence[0]))
        messages = [np.empty(0)] * len(beliefs)
        for node in self.order[::-1]:
            parent = self.parents[node]
            message = beliefs[node] @ self.tables[node].T
            scale = message if parent < 0 else message.max(axis=1)
            total += np.log(scale)
            if parent >= 0:
                messages[node] = message / scale[:, None]
                beliefs[parent] *= messages[node]
        return total, messages

    # ---- 一格 ----------------------------------------

    def conditionals(self, table: Coded) -> list[NDArray]:
        """每個節點在同一列其餘的格子之下的機率 (N, K)，一個節點一個；列不多時才用。"""
        evidence = self._evidence(table)
        _, messages = self._upward(evidence)
        children: list[list[int]] = [[] for _ in self.parents]
        for node in self.order:
            if self.parents[node] >= 0:
                children[self.parents[node]].append(int(node))
        above, found = [np.empty(0)] * len(evidence), [np.empty(0)] * len(evidence)
        for node in self.order:
            if self.parents[node] < 0:
                above[node] = np.tile(self.tables[node], (len(evidence[node]), 1))
            found[node] = _normalized(above[node] * _product(messages, children[node]))
            for child in children[node]:
                others = [other for other in children[node] if other != child]
                belief = above[node] * evidence[node] * _product(messages, others)
                above[child] = _normalized(belief @ self.tables[child])
        return found

    def fill(self, hidden: Coded, slot: Slot) -> NDArray:
        """蓋住的一格：每個水準的機率 (N, K)，或平均 (N,)。"""
        node = slots(hidden).index(slot)
        answer = self.conditionals(hidden)[node]
        return answer if slot.kind == "category" else answer @ self.bins[slot.position].mean

    # ---- 抽樣 ----------------------------------------

    def sample(self, n: int, rng: np.random.Generator) -> CodedTable:
        """由根往下抽 n 列；旗標是零的數字是 NaN，別的格子都有值。"""
        states = np.empty((n, len(self.parents)), dtype=int)
        for node in self.order:
            parent = self.parents[node]
            table = self.tables[node]
            rows = np.tile(table, (n, 1)) if parent < 0 else table[states[:, parent]]
            states[:, node] = (rng.random((n, 1)) > np.cumsum(rows, axis=1)[:, :-1]).sum(axis=1)
        codes, binned = np.split(states, [len(self.groups)], axis=1)
        drawn = [one.sample(column, rng) for one, column in zip(self.bins, binned.T, strict=True)]
        numbers = np.stack(drawn, axis=1) if drawn else np.empty((n, 0))
        return CodedTable(codes, self.groups, zeros_hidden(codes, numbers, self.spiked))


def _product(messages: Sequence[NDArray], nodes: Sequence[int]) -> NDArray | float:
    product: NDArray | float = 1.0
    for node in nodes:
        product = product * messages[node]
    return product


def _normalized(weights: NDArray) -> NDArray:
    return weights / weights.sum(axis=1, keepdims=True)


# ---- 學 ----------------------------------------


def _states(table: Coded, bins: Sequence[Bins]) -> NDArray:
    """每一格的狀態：水準的代碼，或在第幾箱；缺失是 −1。(N, V + M)"""
    numbers = [one.states(values)[:, None] for one, values in zip(bins, table.numbers.T, strict=True)]
    return np.hstack([table.codes, *numbers])


def _pair_counts(table: Coded, bins: Sequence[Bins], sizes: Groups) -> NDArray:
    """Burt 矩陣 (D, D)：兩個狀態同時出現幾次；一段一段加，沒有 N × D 的矩陣。"""
    total = np.zeros((sizes.total, sizes.total))
    for part in blocks(table):
        indicators = sizes.one_hot(_states(part, bins), "float32")  # 一段的次數遠小於 2²⁴，float32 是精確的
        total += indicators.T @ indicators
    return total


def _strongest(pairs: NDArray, sizes: Groups) -> list[tuple[int, int]]:
    r"""互資訊的總和最大的生成林（spanning forest）。

    一條邊讓訓練的對數概似多出 n·I(a; b)，n 是兩格都有的列數；減去它多用的參數 (K_a − 1)(K_b − 1)，
    就是預期在新的列上多出多少（Akaike, 1974）。減完不是正的邊不要。
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    n_nodes = len(sizes)
    gain = np.zeros((n_nodes, n_nodes))
    for a in range(n_nodes):
        for b in range(a + 1, n_nodes):
            gain[a, b] = _gain(pairs[sizes.span(a), sizes.span(b)])
    # 最小的生成樹要正的長度，0 是「沒有這條邊」。
    length = np.where(gain > 0, gain.max() + 1 - gain, 0)
    tree = minimum_spanning_tree(csr_matrix(length)).tocoo()
    return list(zip(tree.row.tolist(), tree.col.tolist(), strict=True))


def _gain(counts: NDArray) -> float:
    """列聯表 (K_a, K_b) 的 n·I(a; b) 減去自由度。"""
    counts = counts[counts.any(axis=1)][:, counts.any(axis=0)]
    if min(counts.shape) < 2:
        return 0.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    seen = counts > 0
    information = (counts[seen] * np.log(counts[seen] / expected[seen])).sum()
    return float(information - (counts.shape[0] - 1) * (counts.shape[1] - 1))


def _rooted(edges: Sequence[tuple[int, int]], n_nodes: int) -> tuple[NDArray, NDArray]:
    """每一棵樹以編號最小的節點為根：由根往下的順序，與各節點的父節點（根是 −1）。"""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    pairs = np.array(edges, dtype=int).reshape(-1, 2)
    graph = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n_nodes, n_nodes))
    order, parents = [], np.full(n_nodes, -1)
    for root in range(n_nodes):
        if root not in order:
            found, above = breadth_first_order(graph, root, directed=False)
            parents[found[1:]] = above[found[1:]]
            order += found.tolist()
    if n_nodes - len(pairs) != (parents < 0).sum():
        raise ValueError(f"引數 edges 的 {len(pairs)} 條邊裡有圈，或有重複；請給一棵樹（或幾棵樹）的邊。")
    return np.array(order), parents


def _table(pairs: NDArray, sizes: Groups, node: int, parent: int, pseudo_count: float) -> NDArray:
    """根的機率 (K,)，或在父節點之下的條件機率 (父的 K, K)。"""
    own = sizes.span(node)
    count = np.diagonal(pairs)[own] + pseudo_count
    share = count / count.sum() if count.sum() else np.full(sizes.sizes[node], 1 / sizes.sizes[node])
    if parent < 0:
        return share
    together = pairs[sizes.span(parent), own]
    return (together + SHRINKAGE * share) / (together.sum(axis=1, keepdims=True) + SHRINKAGE)
