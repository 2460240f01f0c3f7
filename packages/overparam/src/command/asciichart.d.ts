declare module 'asciichart' {
  export interface PlotOptions {
    readonly height?: number;
    readonly colors?: readonly string[];
    readonly format?: (value: number) => string;
  }
  const asciichart: { plot(series: readonly (readonly number[])[], options?: PlotOptions): string };
  export default asciichart;
}
