'use strict';
// Draws the figures that the page holds as data (analysis/report/figure.h says what a figure is), and again when a picker, the
// theme or the medium changes. Whatever a plot says is also in a table of the page.
(() => {
  const figures = JSON.parse(document.getElementById('figures').textContent);
  const root = document.documentElement;
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const pickers = (figure) => figure.groups.map((_, i) => document.getElementById(`${figure.id}-${i}`));

  const themed = (figure, layout) => {
    const axis = {gridcolor: color('--line'), zerolinecolor: color('--line'), linecolor: color('--line'), automargin: true};
    const paper = {paper_bgcolor: color('--paper'), plot_bgcolor: color('--paper'), font: {color: color('--ink'), size: 13}};
    return {
      ...paper, height: figure.height, margin: {t: 40, r: 16, b: 48, l: 64}, hovermode: 'closest',
      legend: {orientation: 'h', yanchor: 'bottom', y: 1.02, x: 0}, hoverlabel: {namelength: -1},
      modebar: {bgcolor: 'transparent', color: color('--soft'), activecolor: color('--accent')}, ...figure.layout, ...layout,
      ...(matchMedia('print').matches ? {width: 640} : {}),
      xaxis: {...axis, ...figure.layout.xaxis, ...layout.xaxis}, yaxis: {...axis, ...figure.layout.yaxis, ...layout.yaxis}};
  };

  // The figure as it is picked: {traces, layout}.
  const picked = (figure) => {
    const selects = pickers(figure);
    const key = selects.filter((_, i) => figure.groups[i] === null).map((select) => select.value).join('/');
    const variant = key === '' ? {traces: figure.traces} : figure.variants[key];
    if (variant === undefined) {
      const text = {text: 'not recorded for this choice', showarrow: false, xref: 'paper', yref: 'paper', x: 0.5, y: 0.5};
      return {traces: [], layout: themed(figure, {annotations: [text], xaxis: {visible: false}, yaxis: {visible: false}})};
    }
    const shown = figure.groups.map((groups, i) => groups?.[selects[i].value]).find((groups) => groups?.length > 0);
    const traces = variant.traces.map((trace, i) => ({...(figure.traces[i] ?? figure.traces.at(-1)), ...trace}))
                       .filter((trace) => !shown || shown.includes(trace.legendgroup));
    return {traces, layout: themed(figure, variant.layout ?? {})};
  };

  const tabulate = (figure, traces) => {
    const table = document.getElementById(`${figure.id}-table`);
    if (table === null) return;
    const row = (cells, kind) => {
      const element = document.createElement('tr');
      for (const [i, text] of cells.entries()) {
        const cell = document.createElement(i === 0 ? 'th' : kind);
        cell.textContent = text ?? '–';
        if (cell.tagName === 'TH') cell.scope = kind === 'td' ? 'row' : 'col';
        element.append(cell);
      }
      return element;
    };
    table.replaceChildren();
    for (const {x, y, z} of traces) table.append(row(['', ...x], 'th'), ...y.map((name, i) => row([name, ...z[i]], 'td')));
  };

  const draw = (figure) => {
    const element = document.getElementById(figure.id);
    const {traces, layout} = picked(figure);
    const choice = pickers(figure).map((select) => select.selectedOptions[0]?.text).join(', ');
    element.setAttribute('aria-label', choice === '' ? figure.label : `${figure.label}: ${choice}`);
    tabulate(figure, traces);
    const config = {responsive: true, displaylogo: false, modeBarButtons: [['toImage', 'resetScale2d']]};
    return Plotly.react(element, traces, layout, config);
  };

  for (const figure of figures) {
    for (const select of pickers(figure)) select.addEventListener('change', () => draw(figure));
  }
  document.getElementById('theme').addEventListener('change', (event) => {
    root.dataset.theme = event.target.value;
    figures.forEach(draw);
  });
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    matchMedia(query).addEventListener('change', () => figures.forEach(draw));
  }

  // The first one now, the others one at a time, so that the page answers meanwhile. What tests read: how many are drawn, and
  // when the first and the last one were, in milliseconds from the start of loading.
  const next = async (i) => {
    if (i === figures.length) return;
    await draw(figures[i]);
    root.dataset.drawn = i + 1;
    root.dataset.last = Math.round(performance.now());
    root.dataset.first ??= root.dataset.last;
    setTimeout(() => next(i + 1));
  };
  next(0);
})();
