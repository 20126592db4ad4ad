"""效能的量測：同一個網路、同一份資料、同樣的批次，各家各寫一遍，輪流計時（第 9 章）。

- ``problem``：題目。``contestants``：參賽者，一種寫法一個檔案。``measure``：怎麼計時。
- ``whole_study``：整個 60 週期的研究當成一個行程來比。``scale``：列數、寬度、批次大小。
- ``report``：表與圖。命令是 ``python -m vae_from_scratch bench``。
"""
