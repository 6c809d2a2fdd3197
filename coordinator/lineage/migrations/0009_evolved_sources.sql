ALTER TABLE `sources` RENAME TO `evolved_sources`;
