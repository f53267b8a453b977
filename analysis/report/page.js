'use strict';
// Draws the plots of a report from the data in the page. Everything that a plot says is also in a table or in the data element.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const metric = data.experiment.metric;
  const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#a98600', '#7a7a7a'];  // Okabe and Ito
  const dashes = ['solid', 'dash', 'dot', 'dashdot'];
  const drawings = [];

  // The rows of a table as objects by column.
  const rows = (name) => {
    const table = data.tables[name];
    return table.rows.map((row) => Object.fromEntries(table.columns.map((column, i) => [column, row[i]])));
  };
  const unique = (values) => [...new Set(values)];
  // Plotly reads some tags in texts; names of arms are to be shown as they are.
  const plain = (text) => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const line = (i) => ({color: palette[i % palette.length], dash: dashes[Math.floor(i / palette.length) % dashes.length]});

  const base = () => {
    const axis = {gridcolor: color('--line'), zerolinecolor: color('--line'), automargin: true};
    return {paper_bgcolor: color('--paper'), plot_bgcolor: color('--paper'), font: {color: color('--ink')},
            margin: {t: 20, r: 10, b: 50, l: 60}, xaxis: {...axis}, yaxis: {...axis}, legend: {orientation: 'h', y: -0.2}};
  };
  const draw = (id, make) => {
    const element = document.getElementById(id);
    if (element === null) return;
    const drawing = () => {
      const {traces, x, y, height} = make();
      const layout = base();
      Object.assign(layout.xaxis, x);
      Object.assign(layout.yaxis, y);
      if (height) layout.height = height;
      return Plotly.react(element, traces, layout, {responsive: true, displaylogo: false});
    };
    drawings.push(drawing);
    return drawing;
  };
  const fill = (id, choices, redraw) => {
    const select = document.getElementById(id);
    for (const [value, text] of choices) select.add(new Option(text, value));
    select.addEventListener('change', () => redraw());
    return select;
  };
  const interval = (list) => ({type: 'data', symmetric: false, array: list.map((r) => (r.high === null ? 0 : r.high - r.mean)),
                               arrayminus: list.map((r) => (r.low === null ? 0 : r.mean - r.low))});

  const leaderboard = rows('leaderboard').filter((row) => row.mean !== null).reverse();
  draw('leaderboard-plot', () => ({
    traces: [{type: 'scatter', mode: 'markers', x: leaderboard.map((row) => row.mean), y: leaderboard.map((row) => plain(row.arm)),
              error_x: interval(leaderboard), marker: {color: palette[0], size: 9}}],
    x: {title: {text: plain(metric)}}, y: {type: 'category'}, height: Math.max(220, 60 + 26 * leaderboard.length)}));

  data.experiment.fields.forEach((field, i) => draw(`field-${i}`, () => {
    const values = rows('by ' + field).filter((row) => row.mean !== null);
    const numbers = values.every((row) => row.value.trim() !== '' && Number.isFinite(Number(row.value)));
    return {traces: [{type: 'scatter', mode: numbers ? 'lines+markers' : 'markers',
                      x: values.map((row) => (numbers ? Number(row.value) : plain(row.value))), y: values.map((row) => row.mean),
                      error_y: interval(values), marker: {color: palette[0], size: 9}, line: line(0)}],
            x: {title: {text: plain(field)}, type: numbers ? 'linear' : 'category'}, y: {title: {text: plain(metric)}}, height: 300};
  }));

  const curves = rows('curves');
  const metrics = unique(curves.map((row) => row.metric));
  const drawCurves = draw('curves-plot', () => {
    const chosen = curves.filter((row) => row.metric === curveMetric.value);
    return {traces: unique(chosen.map((row) => row.arm)).map((arm, i) => {
              const points = chosen.filter((row) => row.arm === arm);
              return {type: 'scatter', mode: 'lines', name: plain(arm), x: points.map((row) => row.step),
                      y: points.map((row) => row.mean), line: line(i)};
            }),
            x: {title: {text: 'step'}}, y: {title: {text: plain(curveMetric.value)}}, height: 460};
  });
  const curveMetric = fill('curve-metric', metrics.map((name) => [name, name]), drawCurves);
  if (metrics.includes(metric)) curveMetric.value = metric;

  const heads = rows('heads');
  const withHeads = new Set(heads.map((row) => row.trial_id));
  const drawHeads = draw('heads-plot', () => {
    const own = heads.filter((row) => row.trial_id === headTrial.value);
    const layers = unique(own.map((row) => `${row.attention} ${row.layer}`));
    const numbers = unique(own.map((row) => row.head));
    const at = new Map(own.map((row) => [`${row.attention} ${row.layer}/${row.head}`, row[headStatistic.value]]));
    const share = headStatistic.value === 'density' ? {zmin: 0, zmax: 1} : {};
    return {traces: [{type: 'heatmap', colorscale: 'Viridis', x: numbers.map((head) => `head ${head}`), y: layers,
                      z: layers.map((layer) => numbers.map((head) => at.get(`${layer}/${head}`) ?? null)),
                      texttemplate: '%{z:.3g}', hoverongaps: false, ...share}],
            x: {type: 'category'}, y: {type: 'category', title: {text: 'layer'}}, height: 160 + 40 * layers.length};
  });
  const headTrial = fill('head-trial', rows('trials').filter((row) => withHeads.has(row.trial_id)).map(
      (row) => [row.trial_id, `${row.arm}, seed ${row.seed}`]), drawHeads);
  const headStatistic = fill('head-statistic', [['density', 'density'], ['entropy', 'entropy (nats)'], ['alpha', 'alpha']],
                             drawHeads);

  const degrees = rows('degrees');
  const drawDegrees = draw('degrees-plot', () => {
    const own = degrees.filter((row) => row.arm === degreeArm.value);
    const kinds = unique(own.map((row) => `${row.attention} ${row.layer} ${row.direction}`));
    return {traces: kinds.map((kind, i) => {
              const counts = own.filter((row) => `${row.attention} ${row.layer} ${row.direction}` === kind);
              const total = counts.reduce((sum, row) => sum + row.count, 0);
              return {type: 'scatter', mode: 'lines+markers', name: kind.replace(/out$/, 'keys of a query')
                          .replace(/in$/, 'queries of a key'), x: counts.map((row) => row.degree),
                      y: counts.map((row) => row.count / total), line: line(i)};
            }),
            x: {title: {text: 'degree'}}, y: {title: {text: 'share'}, rangemode: 'tozero'}};
  });
  const degreeArm = fill('degree-arm', unique(degrees.map((row) => row.arm)).map((arm) => [arm, arm]), drawDegrees);

  const drawAll = () => Promise.all(drawings.map((drawing) => drawing()));
  for (const query of ['(prefers-color-scheme: dark)', 'print']) matchMedia(query).addEventListener('change', drawAll);
  drawAll().then(() => { document.documentElement.dataset.drawn = drawings.length; });
})();
