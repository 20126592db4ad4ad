"""檢查檔要用的名字，都從這裡匯入。"""

from .checks import DIFFERENCES, EXACT, QUADRATURE, Tolerance, check, check_draws
from .oracles import expectation, normal_nodes, numerical_gradient
from .outcomes import WrongAnswer, points

__all__ = [
    "DIFFERENCES",
    "EXACT",
    "QUADRATURE",
    "Tolerance",
    "WrongAnswer",
    "check",
    "check_draws",
    "expectation",
    "normal_nodes",
    "numerical_gradient",
    "points",
]
