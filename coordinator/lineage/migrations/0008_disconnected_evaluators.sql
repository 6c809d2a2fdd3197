UPDATE `evaluators` SET `state` = 'disconnected' WHERE `state` = 'gone';
