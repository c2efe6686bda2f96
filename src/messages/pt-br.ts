import type { StatusTranslation } from '../status/status-reasons.js'

/** The language that the sentences are in. */
export const locale = 'pt-BR'

/** The sentences in Brazilian Portuguese, for the option `messages`. */
const messages: StatusTranslation = Object.freeze({
  locale,
  disconnected: 'Não conectado.',
  connecting: 'Conectando...',
  pairing: 'Escaneie o QR code com o celular ou digite nele o código de conexão.',
  connected: 'Conectado.',
  reconnecting: 'A conexão caiu. Reconectando...',
  failed: 'A conexão precisa da sua atenção.',
  never_paired: 'Nenhum celular foi conectado ainda.',
  not_running: 'Há um celular conectado, mas a sessão não está em execução.',
  waiting_for_capacity: 'Todos os processos do cluster estão cheios. A sessão começa assim que houver vaga em um deles.',
  stopped: 'A sessão foi parada.',
  pairing_expired:
    'Ninguém conectou um celular a tempo. Conecte de novo quando houver alguém para escanear. Se o celular mostrou "Não foi possível conectar o aparelho", o WhatsApp recusou a conexão.',
  pairing_refused:
    'O WhatsApp recusou conectar o celular (tentativa com a versão {version} como {browser}). Conecte de novo e escaneie o QR code mais recente. Se o WhatsApp recusar outra vez, mude a versão ou o nome do navegador.',
  pairing_incomplete: 'O celular não terminou de se conectar. Conecte de novo.',
  passkey_required:
    'O WhatsApp quer que você confirme esta conexão com uma chave de acesso, o que só um navegador no próprio site do WhatsApp consegue fazer. Para algumas pessoas ajudou remover a chave de acesso no celular (Configurações > Conta > Chaves de acesso) e conectar de novo.',
  registration_closed:
    'O WhatsApp fechou a conexão várias vezes antes de enviar um QR code (tentativa com a versão {version} como {browser}). Uma causa conhecida é Browsers.macOS("Desktop") com syncFullHistory. Use outro navegador, ou tire o syncFullHistory, e conecte de novo.',
  starting: 'Conectando...',
  restoring: 'Restaurando a conexão da sessão salva...',
  restart_required: 'Concluindo a conexão...',
  connection_lost: { message: 'A conexão caiu. Reconectando...', beforeConnected: 'Não foi possível conectar. Tentando de novo...' },
  socket_failed: {
    message: 'Não foi possível criar o socket, porque o Baileys ou a opção "socketConfig" lançou um erro. Tentando de novo.',
    atRest:
      'Não foi possível criar o socket, porque o Baileys ou a opção "socketConfig" lançou um erro. O evento "error" traz a causa; conecte de novo depois de corrigir.',
  },
  retries_exhausted: 'Não foi possível conectar depois de várias tentativas.',
  connection_replaced: 'Outra conexão assumiu esta sessão.',
  logged_out: 'O aparelho foi desconectado. Conecte o celular de novo.',
  restricted: 'O WhatsApp restringiu esta conta.',
  rate_limited: {
    message: 'O WhatsApp pediu para ir mais devagar. Aguardando para tentar de novo.',
    atRest: 'O WhatsApp pediu para ir mais devagar. Espere alguns minutos e conecte de novo.',
  },
  client_outdated: 'O WhatsApp diz que a versão {version} do WhatsApp Web é antiga demais. Informe uma mais nova na opção "version" ou atualize o Baileys.',
  multi_device_mismatch: 'A conta não aceita aparelhos conectados.',
  not_responding: 'Conectado, mas o WhatsApp não responde. Verificando a conexão...',
  reachout_locked: 'Conectado, mas o WhatsApp não deixa esta conta iniciar conversas novas. As conversas que já existem continuam.',
  message_capped: 'Conectado, mas esta conta já enviou todas as mensagens que o WhatsApp permite em conversas novas. As conversas que já existem continuam.',
  credentials_corrupt: 'Não dá para ler a sessão salva. Nada foi alterado.',
  credentials_missing: 'Há um celular conectado, mas a sessão salva sumiu. Restaure de um backup ou conecte o celular de novo.',
  wrong_key: 'A sessão salva está criptografada, e a chave falta ou está errada. Nada foi alterado.',
  storage_unavailable: {
    message: 'Não dá para acessar o armazenamento das sessões. Tentando de novo.',
    atRest: 'Não foi possível acessar o armazenamento das sessões. Conecte de novo quando ele voltar.',
  },
  owned_elsewhere: 'Esta sessão está em execução em outro processo.',
  legacy_session: 'A sessão salva foi criada pelo whatsapp-web.js e não pode ser usada.',
  already_connected: 'Já está conectado.',
  aborted: 'A operação foi cancelada.',
})

export default messages
