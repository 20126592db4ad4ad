"""Keras：原文筆記本的做法，子類別化的 ``Model``、自訂的 ``train_step``，交給 ``fit``。

照原文的描述重新寫的：BinaryCrossentropy 是對 D 欄的平均，KL 乘上權重 1/D，等於本書的 beta = 1。
"""

import threading
from typing import Any

import keras
import tensorflow as tf

from ..problem import LATENT_DIM, LEARNING_RATE, Problem


class KerasVAE(keras.Model):
    """兩個 ``Sequential``，三個指標；資料是 (x, x)：輸入與要重建的。"""

    def __init__(self, n_columns: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.kl_weight = 1 / n_columns
        self.encoder = _sequential(n_columns, hidden, 2 * LATENT_DIM)
        self.decoder = _sequential(LATENT_DIM, hidden[::-1], n_columns)
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        self.trackers = [keras.metrics.Mean(name) for name in ("reconstruct", "kl", "total")]

    @property
    def metrics(self) -> list[Any]:
        """Keras 每個訓練週期開始時要歸零的量。"""
        return self.trackers

    def train_step(self, data: Any) -> dict[str, Any]:
        """Keras 的一步訓練。"""
        with tf.GradientTape() as tape:
            losses = self.negative_elbo_parts(data[0])
        gradients = tape.gradient(losses[-1], self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self.tracked_values(losses)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Keras 的一步驗證。"""
        return self.tracked_values(self.negative_elbo_parts(data[0]))

    def negative_elbo_parts(self, x: Any) -> tuple[Any, Any, Any]:
        """一批資料的重建、KL 與損失，都是每列的平均。"""
        mean, log_var = tf.split(self.encoder(x), 2, axis=1)
        z = mean + tf.exp(0.5 * log_var) * tf.random.normal(tf.shape(mean))
        reconstruct = self.cross_entropy(x, self.decoder(z))
        kl = tf.reduce_mean(0.5 * tf.reduce_sum(mean**2 + tf.exp(log_var) - 1 - log_var, axis=1))
        return reconstruct, kl, reconstruct + self.kl_weight * kl

    def tracked_values(self, losses: tuple[Any, Any, Any]) -> dict[str, Any]:
        """把這一步的值記進各個量，傳回目前的平均。"""
        for tracker, value in zip(self.trackers, losses, strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}


def _sequential(n_in: int, hidden: tuple[int, ...], n_out: int) -> keras.Sequential:
    layers = [keras.layers.Dense(width, activation="relu") for width in hidden]
    return keras.Sequential([keras.Input((n_in,)), *layers, keras.layers.Dense(n_out)])


def compiled(problem: Problem) -> KerasVAE:
    """編譯好、從共同的參數開始的模型。"""
    keras.utils.set_random_seed(problem.seed)
    model = KerasVAE(problem.x.shape[1], problem.hidden)
    for part, layers in zip((model.encoder, model.decoder), problem.initial_layers(), strict=True):
        part.set_weights([array for layer in layers for array in layer])
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE))
    return model


class Fit:
    """``fit`` 在另一條執行緒裡走，每個訓練週期的開頭停下來等人叫它；這樣才能與別人輪流。"""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.model = problem, compiled(problem)
        self.go, self.done, self.losses = threading.Semaphore(0), threading.Semaphore(0), list[float]()
        self.error: BaseException | None = None
        threading.Thread(target=self._fit, daemon=True).start()

    def epoch(self) -> float:
        """放 ``fit`` 再走一個訓練週期，傳回它回報的損失。"""
        self.go.release()
        self.done.acquire()
        if self.error is not None:
            raise self.error
        return self.losses[-1]

    def _fit(self) -> None:
        turns = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: self.go.acquire(), on_epoch_end=self._finished
        )
        try:
            x, size = self.problem.x, self.problem.batch_size
            self.model.fit(x, x, batch_size=size, epochs=10**6, verbose=0, callbacks=[turns])
        except BaseException as error:
            self.error = error
            self.done.release()

    def _finished(self, epoch: int, logs: dict[str, Any]) -> None:
        self.losses.append(float(logs["total"]) * self.problem.x.shape[1])
        self.done.release()
