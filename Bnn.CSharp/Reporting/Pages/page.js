// The slider chooses the epoch that is shown by all histograms and boxes of the page; a shorter run stays at its last.
(() => {
  const slider = document.getElementById("epoch");
  if (!slider) return;
  const all = (root, selector) => [...root.querySelectorAll(selector)];
  const data = chart => JSON.parse(chart.querySelector(".epochs").textContent);

  const histogram = chart => {
    const epochs = data(chart), bars = all(chart, ".bar"), words = chart.querySelector(".words");
    const bottoms = bars.map(bar => +bar.getAttribute("y") + +bar.getAttribute("height"));
    return k => {
      const epoch = epochs[Math.min(k, epochs.length - 1)];
      bars.forEach((bar, b) => {
        bar.setAttribute("height", epoch.heights[b]);
        bar.setAttribute("y", bottoms[b] - epoch.heights[b]);
      });
      words.textContent = epoch.words;
    };
  };

  // as BoxChart.cs draws them
  const boxes = chart => {
    const { low, high, isLog, top, bottom, epochs } = data(chart), words = chart.querySelector(".words");
    const place = v => !isLog ? (v - low) / (high - low) : v > 0 ? Math.log(v / low) / Math.log(high / low) : 0;
    const y = v => bottom - (bottom - top) * Math.max(0, place(v));
    const layers = all(chart, ".box").map(box => {
      const title = box.querySelector("title"), shapes = box.querySelector(".shapes"), name = title.textContent;
      const [whisker, middle, median] = shapes.children;
      const left = +middle.getAttribute("x"), width = +middle.getAttribute("width"), x = left + width / 2, cap = width / 4;
      return spread => {
        shapes.setAttribute("visibility", spread ? "visible" : "hidden");
        title.textContent = name + (spread ? `: least ${spread[0]}, quarter ${spread[1]}, median ${spread[2]}, three quarters ${spread[3]}, greatest ${spread[4]}` : ": no numbers");
        if (!spread) return;
        const [a, b, c, d, e] = spread.map(y);
        whisker.setAttribute("d", `M${x - cap} ${e}h${2 * cap}M${x} ${e}V${d}M${x} ${b}V${a}M${x - cap} ${a}h${2 * cap}`);
        middle.setAttribute("y", d);
        middle.setAttribute("height", b - d);
        median.setAttribute("d", `M${left} ${c}h${width}`);
      };
    });
    return k => {
      const epoch = epochs[Math.min(k, epochs.length - 1)];
      layers.forEach((draw, layer) => draw(epoch.boxes[layer]));
      words.textContent = epoch.words;
    };
  };

  const draws = [...all(document, ".histogram").map(histogram), ...all(document, ".boxes").map(boxes)];
  const number = document.querySelector(".slider output");
  const show = () => {
    draws.forEach(draw => draw(slider.value - 1));
    number.textContent = `${slider.value} of ${slider.max}`;
  };
  slider.addEventListener("input", show);
  show();
})();
