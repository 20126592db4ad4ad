"""房價案例：資料、編碼規則、評估（第 10 到 12 章）。

各模組用到才匯入：``data`` 只需要 pandas，``schema`` 與 ``evaluation`` 另需要 scikit-learn。
"""
