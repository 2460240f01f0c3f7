import { defineConfig } from 'vitepress';

export default defineConfig({
  title: 'overparam',
  description: 'Train over-parameterised models from TypeScript, on the CPU',
  // READMEs, from which the API pages quote, link to files of the repository.
  ignoreDeadLinks: [/\.ts$/],
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/write-a-method' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      {
        text: 'For authors',
        items: [
          { text: 'Write a method in 15 minutes', link: '/write-a-method' },
          { text: 'Write a backend in an hour', link: '/write-a-backend' },
          { text: 'The oracle protocol', link: '/the-oracle-protocol' },
          { text: 'Versions and promises', link: '/versions-and-promises' },
          { text: 'Install sizes', link: '/install-sizes' },
        ],
      },
      { text: 'API', link: '/api/' },
    ],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: 'https://github.com/overparam/overparam' }],
  },
});
