/* 實驗室的引導實驗：先猜，再跑，再看這一次的數字。
 *
 * 每個實驗：question 問題；choices 可以猜的；runs 一次或幾次訓練，各分 phases（訓練 epochs 個週期，change 是先改的設定）；
 * outcome(results) 是這一次真的發生的那一個選項；tell(results, data) 用這一次的數字說一遍；why 是為什麼；
 * expected 是書上說會發生的，claims 是 why 與 tell 裡的斷言：測試用三個種子在 Node 裡跑，逐條核對。
 * results 是一次訓練一個 {rows 歷程, marks 每一段結束時的快照}。這個檔案不碰畫面，Node 也讀得了。
 */
(function () {
  "use strict";

  /** 引導實驗用小一點的網路：25 個週期幾秒就好，說的事情一樣。 */
  const SMALL = { hidden: [100, 50], warmup: 10, epochs: 25 };
  const AWAKE = 0.5; // nats：KL 比這大，就是醒了；途中的每個週期只有 KL，沒有編碼的變異數
  const SLIPPED = 0.3; // nats：留下的 ELBO 比途中最好的低這麼多，就是往下掉
  const W_ONE = "w"; // β 是格數

  const fixed = (value, digits = 2) => value.toFixed(digits).replace("-", "−");
  const last = ({ marks }) => marks.at(-1);
  const kls = ({ klPerUnit }) => klPerUnit.map((kl) => fixed(kl)).join(" 與 ");
  const collapsed = ({ active }) => !active.some(Boolean); // 活著的定義只有一個：trainer.js 的 activeUnits
  const one = (settings, name = "") => ({ name, settings: { ...SMALL, ...settings }, phases: [{ epochs: settings.epochs ?? SMALL.epochs }] });
  const heldOut = (row) => -(row.valReconstruction + row.valKl);
  const trained = (row) => -(row.reconstruction + row.kl);

  /** 兩個單元都醒著、以後也沒有再睡的第一個週期；到最後還有一個睡著是 Infinity。 */
  function bothAwake({ rows }) {
    const asleep = rows.findLastIndex(({ valKlPerUnit }) => valKlPerUnit.some((kl) => kl < AWAKE));
    return asleep === rows.length - 1 ? Infinity : asleep + 2;
  }

  /** 編碼在 ±4 之外的房子。 */
  function outside({ mean, latent }, limit) {
    let count = 0;
    for (let row = 0; row < mean.length; row += latent) if (mean.subarray(row, row + latent).some((z) => Math.abs(z) > limit)) count += 1;
    return count;
  }

  /** 留下的 ELBO 最高的週期與那時的值。 */
  function peak({ rows }) {
    const values = rows.map(heldOut), best = Math.max(...values);
    return { epoch: values.indexOf(best) + 1, best, end: values.at(-1) };
  }

  const EXPERIMENTS = [
    {
      id: "collapse", title: "係數寫 1",
      question: "常見的程式把重建誤差對各欄取平均，KL 卻用加總，前面的係數寫 1。這裡的 43 欄攤成 264 格 0 與 1，一格算一欄，換算成 β 就是 264。這樣訓練，點會變成什麼樣子？",
      choices: ["散得更開", "兩個單元剩下一個", "全部縮成一點"],
      runs: [one({ beta: W_ONE, warmup: 0, epochs: 10 })],
      outcome: ([run]) => (collapsed(last(run)) ? 2 : last(run).active.filter(Boolean).length === 1 ? 1 : 0),
      tell: ([run], { noCode }) =>
        `兩個單元的 KL 是 ${kls(last(run))}；ELBO ${fixed(last(run).elbo)} nats，完全不看編碼是 ${fixed(-noCode.bernoulli)}。`,
      why: "KL 的權重太大，帶任何資訊都不合算。編碼對每一棟房子說同樣的話，解碼器只好報各欄的比例，和不看編碼的基準差不到半個 nat。有人看到這張圖就說「KL 太強，乘上 0.005」，其實是重建被除以了格數。",
      expected: 2,
      claims: [([run], { noCode }) => Math.abs(last(run).elbo + noCode.bernoulli) < 0.5],
      chapter: ["07-kl-weight.html", "第 7 章：係數 0.005，是大還是小？"],
    },
    {
      id: "threshold", title: "門檻在哪裡",
      question: "第 7 章不訓練就算出：β 超過 λ₁＝12.90，從崩塌的那一點長不出單元。β＝10 與 β＝16 各訓練一次，哪一次還有單元活著？",
      choices: ["兩次都有", "10 有，16 沒有", "兩次都沒有"],
      runs: [one({ beta: 10 }, "β＝10"), one({ beta: 16 }, "β＝16")],
      outcome: (runs) => { const [a, b] = runs.map((run) => collapsed(last(run))); return a ? 2 : b ? 1 : 0; },
      tell: ([low, high]) => `β＝10，單元的 KL 是 ${kls(last(low))}；β＝16，是 ${kls(last(high))}。16 的 R² 還有 ${fixed(last(high).r2)}，可是沒有一個單元在用，那個數字沒有意義。`,
      why: "站在崩塌的那一點，往相關矩陣最大的特徵向量走一小步，損失的變化是 ½(1 − λ₁/β) 乘以步長的平方：β 比 λ₁ 小，走了會賺；比 λ₁ 大，往哪裡走一小步都賠（遠處不保證）。這個數只要資料，不必訓練。",
      expected: 1,
      claims: [([low]) => last(low).kl > 0.1, ([, high]) => last(high).kl < 0.02],
      chapter: ["07-kl-weight.html", "第 7 章：欄位是 0 與 1，門檻在哪裡？"],
    },
    {
      id: "lottery", title: "醒來的抽籤",
      question: "β＝1，遠低於門檻，照理兩個單元都該活。用預設的深網路訓練，一次不暖身，一次前 20 個週期暖身。兩個單元都醒來（KL 超過 0.5 nats）、不再睡著，哪一次早？",
      choices: ["不暖身的早", "一樣早", "暖身的早"],
      runs: [
        one({ hidden: [200, 100, 50, 20], warmup: 0, epochs: 25 }, "不暖身"),
        one({ hidden: [200, 100, 50, 20], warmup: 20, epochs: 25 }, "暖身"),
      ],
      outcome: (runs) => { const [cold, warm] = runs.map(bothAwake); return warm < cold ? 2 : warm > cold ? 0 : 1; },
      tell: (runs) => {
        const [cold, warm] = runs.map(bothAwake).map((epoch) => (epoch === Infinity ? "到最後還沒全醒" : `第 ${epoch} 個週期全醒`));
        return `不暖身：${cold}；暖身：${warm}。留下的 ELBO，前者 ${fixed(last(runs[0]).elbo)}，後者 ${fixed(last(runs[1]).elbo)} nats。`;
      },
      why: "不暖身，一開始 KL 就照全額算，還沒學會的單元先被壓回先驗，停在高原上；什麼時候爬出來，看種子。暖身的權重由小慢慢加到 β，每個方向都先長起來。終點不一定差：暖身換的是醒得早，ELBO 差多少，書裡十個種子也定不了。",
      expected: 2,
      claims: [([cold, warm]) => Math.abs(last(cold).elbo - last(warm).elbo) < 1.5],
      chapter: ["07-kl-weight.html", "第 7 章：訓練為什麼停在高原上？"],
    },
    {
      id: "way-back", title: "回得來嗎",
      question: "β＝10 低於門檻，直接訓練會有單元活著。如果先在 β＝16 訓練到崩塌，再把 β 降回 10，它會醒來嗎？",
      choices: ["馬上醒來，和從 10 開始的一樣", "還在睡，要降得更低才醒", "再怎麼降都不醒"],
      runs: [
        one({ beta: 10 }, "從 10 開始"),
        { name: "先 16，再 10，再 2", settings: { ...SMALL, beta: 16, warmup: 0 }, phases: [{ epochs: 10 }, { epochs: 15, change: { beta: 10 } }, { epochs: 10, change: { beta: 2 } }] },
      ],
      outcome: ([, back]) => (!collapsed(back.marks[1]) ? 0 : collapsed(back.marks[2]) ? 2 : 1),
      tell: ([straight, back]) =>
        `從 10 開始的，KL 合計 ${fixed(last(straight).kl)}。先崩塌的：β＝16 結束時 ${fixed(back.marks[0].kl, 3)}，在 10 又訓練了 15 個週期是 ${fixed(back.marks[1].kl, 3)}，降到 2 再 10 個週期是 ${fixed(back.marks[2].kl)}。`,
      why: "β＝10 低於門檻，崩塌站不住；可是要從那裡離開，編碼器動一點，解碼器跟著學，編碼器才再動一點：來回一次只放大 λ₁/β＝1.29 倍，起點又幾乎是零，可能因此很久看不出動靜。β＝2 時來回一次是 6.45 倍，幾個週期就醒了。同一個 β，現在的樣子要看從哪裡來：這一次是醒得慢，第 7 章還有一份資料是真的有兩個谷。",
      expected: 1,
      claims: [([straight]) => last(straight).kl > 0.1, ([, back]) => last(back).kl > AWAKE],
      chapter: ["07-kl-weight.html", "第 7 章：門檻以上，就一定崩塌嗎？"],
    },
    {
      id: "one-sample", title: "只抽一個樣本",
      question: "KL 有封閉形式。如果假裝沒有，每一棟只抽一個 z，用 log q(z) − log p(z) 代替，訓練出來的 ELBO 會差多少？",
      choices: ["差不到 1 nat", "低好幾 nats", "訓練不動"],
      runs: [one({}, "封閉形式"), one({ kl: "single_sample" }, "一個樣本")],
      outcome: ([closed, single], { noCode }) => {
        const lost = last(closed).elbo - last(single).elbo;
        return last(single).elbo < -noCode.bernoulli ? 2 : lost > 1 ? 1 : 0;
      },
      tell: ([closed, single]) => `封閉形式 ${fixed(last(closed).elbo)} nats，一個樣本 ${fixed(last(single).elbo)} nats，差 ${fixed(Math.abs(last(closed).elbo - last(single).elbo))}。`,
      why: "一個樣本的估計不偏，期望值就是封閉形式的那個數；多出來的雜訊一批 32 棟、一步一步走下來，可能就平均掉了。能算封閉形式就算，不能算的時候，一個樣本也走得到。",
      expected: 0,
      claims: [([closed, single]) => Math.abs(last(closed).elbo - last(single).elbo) < 1],
      chapter: ["06-single-sample.html", "第 6 章：一個樣本能代表整個 KL 嗎？"],
    },
    {
      id: "free", title: "β＝0",
      question: "KL 的權重是 0，編碼愛放哪裡就放哪裡。和 β＝1 比，留下的房子重建會好很多嗎（差不到 3 nats 算差不多）？編碼還會在先驗的圓裡嗎？",
      choices: ["重建好很多，編碼還在圓裡", "重建好很多，編碼飛到圖外", "重建差不多，編碼飛到圖外"],
      runs: [one({}, "β＝1"), one({ beta: 0, warmup: 0 }, "β＝0")],
      outcome: ([paid, free], { limit }) => {
        const far = outside(last(free), limit) > last(free).mean.length / last(free).latent / 2;
        return last(paid).reconstruction - last(free).reconstruction < 3 && far ? 2 : far ? 1 : 0;
      },
      tell: ([paid, free], { limit }) =>
        `重建誤差：β＝1 是 ${fixed(last(paid).reconstruction)}，β＝0 是 ${fixed(last(free).reconstruction)} nats。KL：${fixed(last(paid).kl)} 對 ${fixed(last(free).kl)}。β＝0 有 ${outside(last(free), limit)} 棟在圖外。`,
      why: "兩個數還帶得了更多：訓練的房子重建好了不少，留下的只好一點點，多帶的大半是背下來的。而且沒有東西把編碼拉回先驗，它們走到幾十個單位之外。從先驗抽的 z 落在解碼器沒有訓練過的地方，抽出來的房子不算數。把 KL 算回去，這個 ELBO 比不看編碼還低。",
      expected: 2,
      claims: [([, free], { noCode }) => last(free).elbo < -noCode.bernoulli, ([paid, free]) => last(free).kl > 5 * last(paid).kl],
      chapter: ["01-autoencoder.html", "第 1 章：為什麼給每棟房子一個分布，而不是一個點？"],
    },
    {
      id: "overfit", title: "訓練到底",
      question: "為了不讓你等，學習率調成十倍，一口氣訓練 120 個週期。訓練的 ELBO 會一路往上，留下的那 586 棟呢？",
      choices: ["一直往上，最後最好", "先到頂，然後往下掉", "先到頂，然後停在那裡"],
      runs: [one({ learningRate: 1e-2, epochs: 120 })],
      outcome: ([run]) => { const { epoch, best, end } = peak(run); return best - end > SLIPPED ? 1 : epoch > run.rows.length * 0.9 ? 0 : 2; },
      tell: ([run]) => {
        const { epoch, best, end } = peak(run);
        return `留下的 ELBO 在第 ${epoch} 個週期最高，${fixed(best)} nats；第 ${run.rows.length} 個週期是 ${fixed(end)}。同時訓練的 ELBO 是 ${fixed(trained(run.rows.at(-1)))}。`;
      },
      why: "網路開始背訓練的那些房子：訓練的 ELBO 上去，留下的下來，兩條線分開。編碼器與解碼器都會背。該停在哪裡，只有留下的房子說得出來；所以書裡的分數都在沒訓練過的房子上量，每一次訓練不另外挑週期（60 這個數是看驗證曲線定的）。",
      expected: 1,
      claims: [([run]) => trained(run.rows.at(-1)) - peak(run).end > 1, ([run]) => peak(run).epoch < 100],
      chapter: ["14-lessons.html", "第 14 章：訓練不出來，先查哪裡？"],
    },
    {
      id: "softmax", title: "伯努利與 softmax",
      question: "同樣的房子、同樣的網路，把每一格各自是與否的伯努利，換成一欄一個 softmax。ELBO 會怎樣？比「不看編碼」多的那一截呢？",
      choices: ["ELBO 高很多，多的那一截也更大", "ELBO 高很多，多的那一截反而小", "ELBO 差不多"],
      runs: [one({}, "伯努利"), one({ likelihood: "categorical" }, "softmax")],
      outcome: ([b, s], { noCode }) => {
        if (last(s).elbo - last(b).elbo < 5) return 2;
        return last(s).elbo + noCode.categorical > last(b).elbo + noCode.bernoulli ? 0 : 1;
      },
      tell: ([b, s], { noCode }) =>
        `ELBO：伯努利 ${fixed(last(b).elbo)}，softmax ${fixed(last(s).elbo)}。比各自的不看編碼，伯努利多 ${fixed(last(b).elbo + noCode.bernoulli)}，softmax 多 ${fixed(last(s).elbo + noCode.categorical)} nats。`,
      why: "伯努利讓一欄裡的每一格各猜各的，機率有一大部分給了不存在的房子（兩種屋頂，或一種也沒有），所以 ELBO 低。softmax 先天知道一欄只有一個答案，空白的格子也不算分，題目就容易了。題目不同，ELBO 不能直接比；編碼幫了多少，要和各自的不看編碼比。",
      expected: 1,
      claims: [([b, s]) => last(s).elbo - last(b).elbo > 10],
      chapter: ["12-likelihood-and-uses.html", "第 12 章：換一個概似，能拿模型做什麼？"],
    },
    {
      id: "dimensions", title: "一、二、三維",
      question: "編碼由一維加到二維，再加到三維，各訓練一次。ELBO 每加一維都變高嗎？哪一步加得多？",
      choices: ["都變高，一到二加得多", "都變高，二到三加得多", "加到三維反而變低"],
      runs: [1, 2, 3].map((latent) => one({ latent }, `${latent} 維`)),
      outcome: (runs) => {
        const [a, b, c] = runs.map((run) => last(run).elbo);
        return c < b ? 2 : b - a >= c - b ? 0 : 1;
      },
      tell: (runs) => `ELBO：${runs.map((run, k) => `${k + 1} 維 ${fixed(last(run).elbo)}`).join("，")} nats；房價 R²：${runs.map((run) => fixed(last(run).r2)).join("、")}。`,
      why: "第一個方向說得最多，後面的依次少：多一維，能多說一點，KL 也多一份。平面是給眼睛看的，不是因為兩維最好；要補缺失、要生成，就用更多維。",
      expected: 0,
      claims: [(runs) => last(runs[2]).elbo > last(runs[1]).elbo && last(runs[1]).elbo > last(runs[0]).elbo],
      chapter: ["11-latent-space.html", "第 11 章：房價真的看得出來嗎，比什麼好？"],
    },
  ];

  /** 一次訓練的完整設定：w＝1 的 β 是格數，種子由讀者。 */
  function settingsOf(run, columns, seed) {
    const { beta } = run.settings, total = run.phases.reduce((sum, { epochs }) => sum + epochs, 0);
    return { ...Lab.settings.DEFAULTS, ...run.settings, ...(beta === W_ONE ? { beta: columns } : {}), epochs: total, seed };
  }

  globalThis.Lab = { ...globalThis.Lab, EXPERIMENTS, settingsOf };
})();
