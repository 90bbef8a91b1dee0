// What Grafana's own types ask of the dashboards. test_grafana.sh writes each dashboard into a file
//   export const dashboard: Dashboard = {...};
// beside this one and has the compiler look.
import type * as grafana from '@grafana/schema';
import type { Options as BarGauge } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { FieldConfig as TimeSeriesField, Options as TimeSeries } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// A type as JSON has it: the values of enumerations in the place of their names.
type Json<T> = T extends string ? `${T}`
  : T extends number ? (`${T}` extends `${infer N extends number}` ? N : never)
  : T extends object ? { [K in keyof T]: Json<T[K]> }
  : T;

interface PrometheusQuery {
  refId: string;
  datasource: grafana.DataSourceRef;
  expr: string;
  legendFormat: string;
  instant: boolean;
  range: boolean;
  editorMode: 'code' | 'builder';
}

type PanelOf<Type, Options, Field> = Omit<grafana.Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: Type;
  title: string;
  description: string;
  options: Options;
  fieldConfig: grafana.FieldConfigSource<Field>;
  targets: PrometheusQuery[];
};

type Panel = PanelOf<'timeseries', TimeSeries, TimeSeriesField>
  | PanelOf<'stat', Stat, Record<string, never>>
  | PanelOf<'bargauge', BarGauge, Record<string, never>>
  | (grafana.RowPanel & { type: 'row' });

export type Dashboard = Json<Omit<grafana.Dashboard, 'panels'> & { panels: Panel[]; templating: { list: (grafana.VariableModel & { definition: string })[] } }>;
