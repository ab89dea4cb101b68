//! The plot: the time to find a page, by class, on a logarithmic scale.

use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::measure_find::{Finds, Line};
use crate::rounds::Cost;
use crate::statistics::geometric_mean;

type Error = Box<dyn std::error::Error>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<LogCoord<f64>, RangedCoordf64>>;

const LABELS: i32 = 250;
const ROW: i32 = 15;

/// A contender of the plot: its name, colour and cost.
type Series = (&'static str, RGBColor, fn(&Line) -> Option<Cost>);
const SERIES: [Series; 4] = [
    ("invodex", RGBColor(0x1b, 0x6f, 0xb3), |line| Some(line.invodex)),
    ("roaring, AND then walk", RGBColor(0x2e, 0x9e, 0x5b), |line| Some(line.roaring)),
    ("SQLite, ids only", RGBColor(0xd9, 0x7a, 0x1e), |line| line.sqlite),
    ("scan with early stop", RGBColor(0xb0, 0x3a, 0x4a), |line| line.scan),
];

/// One dot for each class and peer: the geometric mean over pages and places.
pub fn write(finds: &Finds, y_nanoseconds: f64, records: usize, path: &Path) -> Result<(), Error> {
    let mut classes: Vec<&str> = Vec::new();
    let plain = || finds.pages.iter().filter(|line| line.sqlite.is_some());
    for line in plain() {
        if !classes.contains(&line.class) {
            classes.push(line.class);
        }
    }
    let height = classes.len() as u32 * ROW as u32 + 110;
    let root = SVGBackend::new(path, (1_000, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let title = format!("Finding a page among {records} records");
    root.draw_text(&title, &style(18), (LABELS, 8))?;
    draw_legend(&root)?;
    let rows = classes.len() as f64;
    let mut chart = ChartBuilder::on(&root)
        .margin_top(58)
        .margin_right(20)
        .x_label_area_size(40)
        .margin_left(LABELS)
        .build_cartesian_2d((10.0_f64..3e7).log_scale(), rows..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(8)
        .x_label_formatter(&|ns| round_time(*ns))
        .x_desc("time of one request, geometric mean over pages of 10 and 50 and all places")
        .light_line_style(RGBColor(0xf2, 0xf2, 0xf2))
        .draw()?;
    draw_yardstick(&mut chart, y_nanoseconds, rows)?;
    for (at, class) in classes.iter().enumerate() {
        let middle = at as f64 + 0.5;
        let (_, pixel) = chart.backend_coord(&(10.0, middle));
        root.draw_text(class, &style(11), (8, pixel - 6))?;
        draw_class(&mut chart, plain().filter(|line| line.class == *class), middle)?;
    }
    root.present()?;
    Ok(())
}

/// A power of ten.
fn round_time(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 999.5 => format!("{ns:.0} ns"),
        ns if ns < 999_500.0 => format!("{:.0} us", ns / 1e3),
        ns => format!("{:.0} ms", ns / 1e6),
    }
}

fn style(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&BLACK)
}

fn draw_legend(root: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), Error> {
    for (at, (name, colour, _)) in SERIES.iter().enumerate() {
        let left = LABELS + at as i32 * 175;
        root.draw(&Circle::new((left + 5, 42), 4, colour.filled()))?;
        root.draw_text(name, &style(12), (left + 15, 36))?;
    }
    Ok(())
}

fn draw_yardstick(chart: &mut Chart<'_, '_>, y: f64, rows: f64) -> Result<(), Error> {
    let line = PathElement::new([(y, 0.0), (y, rows)], RGBColor(0x99, 0x99, 0x99));
    chart.plotting_area().draw(&line)?;
    let label = Text::new("1 Y", (y * 1.05, 0.1), style(10));
    chart.plotting_area().draw(&label)?;
    Ok(())
}

fn draw_class<'l>(
    chart: &mut Chart<'_, '_>,
    lines: impl Iterator<Item = &'l Line> + Clone,
    middle: f64,
) -> Result<(), Error> {
    for (_, colour, of) in SERIES.iter().rev() {
        let costs = lines.clone().filter_map(of).map(|cost| cost.nanoseconds);
        let mean = geometric_mean(costs);
        let dot = Circle::new((mean, middle), 4, colour.mix(0.9).filled());
        chart.plotting_area().draw(&dot)?;
    }
    Ok(())
}
