/** How the record system of this domain looks, for the apps that it launches: by day, and by night. SMART App Launch 2.2, smart_style_url. */
import type { Style } from '@affinity/authorization-server/launch-styles.ts';

export const launchStyles: Readonly<Record<string, Style>> = {
  standard: {
    color_background: '#f8f4ea',
    color_error: '#a3231c',
    color_highlight: '#16305a',
    color_modal_backdrop: '#16305a99',
    color_success: '#1f6b43',
    color_text: '#1c2430',
    dim_border_radius: '8px',
    dim_font_size: '17px',
    dim_spacing_size: '16px',
    font_family_body: 'system-ui, sans-serif',
    font_family_heading: 'system-ui, sans-serif',
  },
  night: {
    color_background: '#121a28',
    color_error: '#ff9c94',
    color_highlight: '#f0b95b',
    color_modal_backdrop: '#000000b3',
    color_success: '#7fd6a4',
    color_text: '#eef1f6',
    dim_border_radius: '8px',
    dim_font_size: '17px',
    dim_spacing_size: '16px',
    font_family_body: 'system-ui, sans-serif',
    font_family_heading: 'system-ui, sans-serif',
  },
};
